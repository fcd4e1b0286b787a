"""Runs the site until it is told to stop."""

from __future__ import annotations

import uvicorn

from courtside.site.application import create_application
from courtside.site.configuration import Configuration
from courtside.site.request_log import configure_log

# Requests under way get this long to end when the site is stopped.
_SHUTDOWN_TIMEOUT_SECONDS = 10


def serve(configuration: Configuration, database_url: str) -> None:
    """Listen until SIGINT or SIGTERM; requests under way are finished first.

    Raises:
        SystemExit: the address cannot be listened on.
    """
    configure_log()
    uvicorn.run(
        create_application(configuration, database_url),
        host=configuration.host,
        port=configuration.port,
        # Without trusted proxies nobody may say where a request comes from.
        proxy_headers=bool(configuration.trusted_proxies),
        forwarded_allow_ips=list(configuration.trusted_proxies),
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT_SECONDS,
    )
