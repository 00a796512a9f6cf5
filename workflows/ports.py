"""What the core needs done in the world, as activity stubs: `activities/` implements each under the same name."""

from pydantic import JsonValue
from temporalio import activity

from workflows.burst import BatchPost
from workflows.contracts import (
    ArgumentsCheck,
    ArgumentsQuery,
    Contract,
    GrantUse,
    Membership,
    MembershipQuery,
    MessageRef,
    Opening,
    PlanQuery,
    Publication,
    Published,
    Receipt,
    Reply,
    Resolution,
    StageQuery,
    Whisper,
)
from workflows.elicitation import AnswerCheck, AnswerQuery
from workflows.grants import GrantQuery, Making
from workflows.preferences import Preferences
from workflows.roundup import RoundupQuery
from workflows.talk import Aside, FilesQuery, FilesRead


class PolicyPort:
    """Which policy applies to a request, and what its stages come to when they open."""

    @activity.defn
    async def resolve_plan(self, query: PlanQuery) -> Resolution:
        """Resolve the policy of a request, once, when it starts, and open its first stage."""
        raise NotImplementedError

    @activity.defn
    async def open_stage(self, query: StageQuery) -> Opening:
        """Turn a stage's clocks into moments, and its approvers into people."""
        raise NotImplementedError

    @activity.defn
    async def check_arguments(self, query: ArgumentsQuery) -> ArgumentsCheck:
        """Whether arguments that an approver has changed follow their JSON Schema, and which policy applies to them."""
        raise NotImplementedError

    @activity.defn
    async def check_answer(self, query: AnswerQuery) -> AnswerCheck:
        """Whether an answer is one that its question takes."""
        raise NotImplementedError


class GrantPort:
    """Rules, by which an earlier approval stands for a request."""

    @activity.defn
    async def use_grant(self, query: GrantQuery) -> GrantUse | None:
        """Find a rule that stands for a request, and take one use of it, once for each approval."""
        raise NotImplementedError

    @activity.defn
    async def make_grant(self, making: Making) -> str:
        """Make a rule of an approval, once, and answer with the sentence that its owner is told."""
        raise NotImplementedError


class SlackPort:
    """Everything that is said in Slack or asked of it."""

    @activity.defn
    async def check_member(self, query: MembershipQuery) -> Membership:
        """Ask whether a person is one of the approvers at this moment."""
        raise NotImplementedError

    @activity.defn
    async def publish_state(self, publication: Publication) -> Published:
        """Post or rewrite messages about an approval, each exactly once."""
        raise NotImplementedError

    @activity.defn
    async def publish_batch(self, post: BatchPost) -> MessageRef:
        """Post or rewrite the message about a burst in one channel, exactly once."""
        raise NotImplementedError

    @activity.defn
    async def whisper_refusal(self, whisper: Whisper) -> None:
        """Tell one person, privately, why their decision did not count."""
        raise NotImplementedError

    @activity.defn
    async def post_reply(self, reply: Reply) -> None:
        """Post the agent's words in the requester's thread, once."""
        raise NotImplementedError


class TalkPort:
    """What a conversation needs beside the agent's own words."""

    @activity.defn
    async def tell_aside(self, aside: Aside) -> None:
        """Say in a thread what waits and who has it, or who may cancel it, once."""
        raise NotImplementedError

    @activity.defn
    async def read_files(self, query: FilesQuery) -> FilesRead:
        """Read the files of a message, as far as they are text."""
        raise NotImplementedError


class RoundupPort:
    """Daily digests: when they come, and what they say."""

    @activity.defn
    async def plan_roundup(self, preferences: Preferences) -> None:
        """Have a person's digest come when they want it, or no more."""
        raise NotImplementedError

    @activity.defn
    async def send_roundup(self, query: RoundupQuery) -> None:
        """Send a digest that is due, once, if it is still wanted and there is anything to tell."""
        raise NotImplementedError


class Transfer(Contract):
    """Money to be moved; `arguments` are exactly those the approval was given for."""

    receipt: Receipt
    arguments: dict[str, JsonValue]


class LedgerPort:
    """The accounts."""

    @activity.defn
    def get_balance(self, account: str) -> str:
        """Answer with the balance of an account, in words."""
        raise NotImplementedError

    @activity.defn
    def transfer_money(self, transfer: Transfer) -> str:
        """Move money once per approval, and say so in words."""
        raise NotImplementedError
