"""What a form may have wrong: fields that make no sense, and requests that its own policy would never get."""

from collections.abc import Hashable, Iterator
from fnmatch import fnmatchcase

from activities.rules.conditions import AbsenceError, ConditionError, Facts, compile_condition
from activities.rules.coverage import covers
from activities.rules.documents import Path
from activities.rules.forms import FormSource, sample_arguments
from activities.rules.parts import Parts
from activities.rules.quorums import repeated
from activities.rules.sources import MatchSource, PolicySource
from workflows.contracts import ApprovalRequest, Person

MOST_FIELDS = 20
MOST_FORMS = 100
"""How many forms Slack's select offers."""
NUMBERS = (0, 10**9)
"""What is filled in where a condition is tried, so that small and large numbers lead through all of it."""
SOMEBODY = Person(team_id="T0FORMS", user_id="U0SOMEBODY")
Findings = Iterator[tuple[Path, str]]


def check_forms(parts: Parts) -> Findings:
    """Everything that is wrong with the forms of a file."""
    numbers = [number for number, policy in parts.policies.items() if policy.form]
    forms = {number: form for number in numbers if (form := parts.policies[number].form)}
    for place in repeated(form.title for form in forms.values()):
        title = list(forms.values())[place].title
        yield (
            ("policies", numbers[place], "form", "title"),
            f"Another form is called `{title}`, too: rename one, or people cannot tell them apart.",
        )
    for number in numbers[MOST_FORMS:]:
        yield ("policies", number, "form"), f"There are more than {MOST_FORMS} forms: remove some."
    for number, form in forms.items():
        yield from _check_fields(form, ("policies", number, "form", "fields"))
        yield from _check_policy(number, parts.policies[number], form, parts)


def _check_fields(form: FormSource, path: Path) -> Findings:
    if len(form.fields) > MOST_FIELDS:
        yield path, f"A form has at most {MOST_FIELDS} fields: remove some."
    for key in ("name", "label"):
        values: list[Hashable] = [getattr(one, key) for one in form.fields]
        for number in repeated(values):
            yield (*path, number, key), f"This form has the {key} `{values[number]}` already: change one."
    for number, field in enumerate(form.fields):
        place = (*path, number)
        if field.kind == "choice" and not field.options:
            yield (*place, "kind"), "A choice needs something to choose from: add `options`."
        if field.kind != "choice" and field.options:
            yield (*place, "options"), f"`options` does nothing in a {field.kind}: remove it."
        for index in repeated(field.options):
            yield (*place, "options", index), f"`{field.options[index]}` is here twice: keep one."


def _check_policy(number: int, policy: PolicySource, form: FormSource, parts: Parts) -> Findings:
    """Whether what is filed can come to this policy."""
    path: Path = ("policies", number, "form")
    if policy.hard_deny or policy.auto == "deny":
        yield path, f"Whatever is filed here, `{policy.name}` denies it: remove the form."
    match = policy.match or MatchSource()
    if not _fits(match.action, form.action):
        yield (
            (*path, "action"),
            f"`{policy.name}` does not match the action `{form.action}`, so this form would ask another policy: correct one of them.",
        )
    elif not _fits(match.agent, ""):
        yield path, f"`{policy.name}` is for agents only, and forms are filed by people: remove one of them."
    else:
        yield from _check_earlier(number, policy, form, parts)
        yield from _check_conditions(number, form, parts)


def _fits(globs: tuple[str, ...] | None, name: str) -> bool:
    return globs is None or any(fnmatchcase(name, one) for one in globs)


def _check_earlier(number: int, policy: PolicySource, form: FormSource, parts: Parts) -> Findings:
    own = policy.match or MatchSource()
    filed = MatchSource.model_construct(
        action=(form.action,), agent=("",), requester=own.requester, when=own.when
    )
    for earlier, other in parts.policies.items():
        match = other.match
        if earlier < number and match and match.model_fields_set and covers(match, filed):
            yield (
                ("policies", number, "form", "action"),
                f"`{other.name}` comes first and takes all that this form asks for: move it after `{policy.name}`, or the form to it.",
            )
            return


def _check_conditions(number: int, form: FormSource, parts: Parts) -> Findings:
    """A condition that speaks of an argument which the form does not have fails every request that comes to it."""
    for earlier, other in parts.policies.items():
        match = other.match
        if earlier > number or not match or not match.when:
            continue
        if _fits(match.action, form.action) and _fits(match.agent, ""):
            problem = _try_condition(match.when, form)
            if problem:
                yield (
                    ("policies", number, "form", "fields"),
                    f"The condition of `{other.name}` cannot be decided on what is filed here ({problem}): add a field, or require it.",
                )


def _try_condition(when: str, form: FormSource) -> str:
    """Why a condition cannot be decided on what may be filed; nothing where it can, or is wrong by itself."""
    for sample in _samples(form):
        try:
            compile_condition(when).holds(Facts(sample))
        except AbsenceError as error:
            return str(error)
        except ConditionError:
            continue
    return ""


def _samples(form: FormSource) -> Iterator[ApprovalRequest]:
    for number in NUMBERS:
        for whole in (True, False):
            arguments = sample_arguments(form, number, whole=whole)
            yield ApprovalRequest(
                action=form.action, title=form.title, arguments={**arguments}, requester=SOMEBODY
            )
