"""Structured logs: readable on a terminal, JSON otherwise; every line about an approval carries its id."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

_QUIET = ("slack_bolt", "slack_sdk", "openai", "httpx", "aiohttp", "uvicorn", "asyncio", "openai.agents")


def add_approval(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put the approval's id on lines that workflows and activities log; the SDK keeps it in the record."""
    record: object = event.get("_record")
    for source in ("temporal_workflow", "temporal_activity"):
        details: dict[str, Any] = getattr(record, source, None) or {}
        workflow_id = str(details.get("workflow_id", ""))
        if workflow_id.startswith("approval-"):
            event.setdefault("approval", workflow_id)
        elif workflow_id:
            event.setdefault("conversation", workflow_id)
    return event


def configure_logs(level: int = logging.INFO) -> None:
    """Set up logging for the process, once, before anything connects."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter([*shared, add_approval]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def _formatter(shared: list[Processor]) -> logging.Formatter:
    """Tracebacks without local variables: those hold tokens and arguments."""
    renderer: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if sys.stderr.isatty():
        renderer = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[add_approval, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )


def forward_core() -> None:
    """Have Temporal's core log through Python, too, so that its lines look like ours. Once, before any client."""
    telemetry = TelemetryFilter(core_level="WARN", other_level="ERROR")
    core = logging.getLogger("temporalio.core")
    config = LoggingConfig(filter=telemetry, forwarding=LogForwardingConfig(logger=core))
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=config)))
