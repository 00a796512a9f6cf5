"""The data converter: the agents plugin's, except that only what comes from models is read leniently.

When a payload does not validate, the plugin builds it all the same, which is right for the drifting payloads of model
APIs. A decision or an operator's `approve` built that way could say anything, so everything else is refused.
"""

from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, ToJsonOptions
from temporalio.converter import CompositePayloadConverter, DataConverter, EncodingPayloadConverter
from temporalio.openai_agents import OpenAIPayloadConverter
from temporalio.plugin import SimplePlugin

_LENIENT = ("agents.", "openai.", "temporalio.")


class _GuardedConverter(PydanticJSONPlainPayloadConverter):
    def __init__(self, lenient: EncodingPayloadConverter) -> None:
        super().__init__(ToJsonOptions(exclude_unset=True))
        self._lenient = lenient

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        if getattr(type_hint, "__module__", "").startswith(_LENIENT):
            return self._lenient.from_payload(payload, type_hint)
        return super().from_payload(payload, type_hint)


class ContractPayloadConverter(OpenAIPayloadConverter):
    """The agents plugin's payload converter, strict with everything but model payloads."""

    def __init__(self) -> None:
        super().__init__()
        lenient = self.converters[b"json/plain"]
        guarded = _GuardedConverter(lenient)
        CompositePayloadConverter.__init__(
            self, *(guarded if c is lenient else c for c in self.converters.values())
        )


DATA_CONVERTER = DataConverter(payload_converter_class=ContractPayloadConverter)


def converter_plugin() -> SimplePlugin:
    """The converter as a plugin, to be named after the agents plugin.

    That plugin accepts only converters that are literally its own; temporalio wraps every converter, so ours is refused
    when it is passed to the client.
    """
    return SimplePlugin("countersign.converter", data_converter=lambda _: DATA_CONVERTER)
