"""What can go wrong with a sandbox."""

from affectlab.errors import OurError, UserError


class SandboxError(UserError):
    """No sandbox can be had on this machine, or a guard of it does not hold."""


class EscapeError(OurError):
    """Something outlived the call that started it."""
