"""How a log asks its witnesses: over HTTP, or in this process where their keys lie in the same folder."""

import asyncio
from typing import Final, Self

import httpx

from broker.errors import BadSettings, BrokerError, WitnessUnavailable
from broker.log.witness import MAX_ANSWER_BYTES, PATH, Answer
from tocsin.witnessing.witness import Witness

WITHIN_SECONDS: Final = 10.0
"""How long one exchange may take, whatever the other side does."""
_LAST_PORT: Final = 65535
_KEEP_SECONDS: Final = 60.0
"""How long an idle connection is kept, for the next checkpoint."""


class HttpWitness:
    """A witness behind an address; redirects and proxies of the environment are not followed."""

    def __init__(self, name: str, prefix: str, *, within_seconds: float = WITHIN_SECONDS) -> None:
        """Name a witness; nothing is sent yet.

        Args:
            name: As the root record appoints it.
            prefix: Its submission prefix, as ``https://witness.example/log``.
            within_seconds: For each request.

        Raises:
            BadSettings: The prefix is no address.
        """
        self.name: str = name
        self._address = _checked(prefix).rstrip("/") + PATH
        self._within = within_seconds
        self._client = httpx.AsyncClient(
            timeout=within_seconds,
            limits=httpx.Limits(max_connections=2, keepalive_expiry=_KEEP_SECONDS),
            trust_env=False,
        )

    async def add_checkpoint(self, request: bytes) -> Answer:
        """Send one request and return the answer, whatever it says.

        Raises:
            WitnessUnavailable: There is none in time, it is no HTTP, or too long.
        """
        try:
            # Its own limits are for each read and write; somebody who sends a byte now and then keeps within them.
            async with asyncio.timeout(self._within):
                return await self._exchange(request)
        except TimeoutError:
            raise self._unavailable(f"did not answer within {self._within:g} s") from None
        except httpx.HTTPError as error:
            raise self._unavailable(f"cannot be asked: {str(error) or type(error).__name__}") from error

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _exchange(self, request: bytes) -> Answer:
        # Not compressed, and never unpacked: a small answer could be a large one.
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
        async with self._client.stream("POST", self._address, content=request, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise self._unavailable(f"answers with more than {MAX_ANSWER_BYTES} bytes")
            return Answer(response.status_code, response.headers.get("Content-Type", ""), body)

    def _unavailable(self, says: str) -> WitnessUnavailable:
        return WitnessUnavailable(
            f"witness {self.name} at {self._address} {says}",
            hint="Check the address, and that it runs: tocsin witness run, at its node.",
        )


def _checked(prefix: str) -> str:
    try:
        url = httpx.URL(prefix)
    except httpx.InvalidURL:
        url = httpx.URL("")
    is_whole = url.scheme in ("http", "https") and url.host and 0 < (url.port or 1) <= _LAST_PORT
    if not is_whole or not prefix.isascii() or " " in prefix:
        raise BadSettings(f"{prefix[:60]!r} is no address of a witness; expected https://HOST/PATH")
    return prefix


class LocalWitness:
    """A witness in this process: the same answers from the same memory. It proves nothing about independence."""

    def __init__(self, witness: Witness) -> None:
        self.name: str = witness.name
        self._witness = witness

    async def add_checkpoint(self, request: bytes) -> Answer:
        """Return the witness's answer.

        Raises:
            WitnessUnavailable: Its memory or its copy of the directory cannot be used.
        """
        try:
            return await asyncio.to_thread(self._witness.answer, request)
        except BrokerError as error:
            raise WitnessUnavailable(f"witness {self.name} cannot answer: {error}", hint=error.hint) from error
