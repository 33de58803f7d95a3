"""Who may speak to the dashboard of this machine, and what the browser may do with the page.

Loopback alone is not enough: a page from elsewhere can make a browser send requests here. So the
Host must be ours (against DNS rebinding), and whatever changes or streams something must come from
our own page. The container's messages to the sockets carry a signature in a header that no page can
set for another origin, and no Origin.
"""

from collections.abc import Mapping

_HOSTS = ("127.0.0.1", "localhost", "[::1]")

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# A report is one file that opens offline: its style is in it, and it may run nothing.
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox"
)


def refusal(*, method: str, path: str, headers: Mapping[str, str], port: int) -> str | None:
    """Why the request is refused, None when it may pass. `headers` have lower-case names."""
    host = headers.get("host", "")
    allowed = {f"{name}:{port}" for name in _HOSTS}
    if host not in allowed:
        return f"Expected a Host of this machine on port {port}, was {host[:80]!r}"
    if method in ("GET", "HEAD") and path != "/live":
        return None
    origin = headers.get("origin", "")
    if path.startswith("/live/@connections/"):
        signed = headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
        return None if signed and not origin else "Expected a signed message of the container"
    if origin != f"http://{host}":
        return f"Expected the Origin http://{host}, was {origin[:80]!r}"
    return None
