"""Proof of who a customer is: signed tokens of the company's own login, or of a demo's."""

from frontdesk.adapters.identity.demo_login import KEY_ID as DEMO_KEY_ID
from frontdesk.adapters.identity.demo_login import DemoLogin
from frontdesk.adapters.identity.signed_token import JwtIdentityVerifier

__all__ = ["DEMO_KEY_ID", "DemoLogin", "JwtIdentityVerifier"]
