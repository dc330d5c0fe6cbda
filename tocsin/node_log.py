"""A node's own log, on standard error: what the node does, in counts and names of authorities, never in content."""

import sys
from typing import Any

import structlog


def node_log(node: str) -> Any:
    """Return the log of *node*."""
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event", "node"]),
        ],
    )
    return logger.bind(node=node)
