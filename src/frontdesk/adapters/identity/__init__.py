"""Proof of who a customer is: signed tokens of the company's own login."""

from frontdesk.adapters.identity.signed_token import JwtIdentityVerifier

__all__ = ["JwtIdentityVerifier"]
