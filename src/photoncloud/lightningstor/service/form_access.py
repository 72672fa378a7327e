"""The caller of a browser form: authenticated by the form's own fields, authorised for the key it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from photoncloud.backends.auth.iam.sigv4_errors import two_mechanisms
from photoncloud.lightningstor.core import actions
from photoncloud.lightningstor.core.access_conditions import AccessContext
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.authentication import Authenticator
from photoncloud.lightningstor.service.authorisation import Authoriser, Question
from photoncloud.lightningstor.service.call import Call


class FormAccess:
    """Implements `post_objects.FormAuthoriser`."""

    def __init__(self, authenticator: Authenticator, authoriser: Authoriser) -> None:
        self._authenticator = authenticator
        self._authoriser = authoriser

    async def authorise_form(self, call: Call, form: Mapping[str, str], key: bytes) -> Call:
        """The call of the form's signer, allowed to put `key` with its ACL, tags and lock. Raises S3Error.

        `call.request` holds the form's fields as headers.
        """
        caller = await self._authenticator.authenticate_form(form, call.now_ns)
        if caller.signature.auth_type and call.authorised.context.signature.auth_type:
            refusal = two_mechanisms()
            raise S3Error(refusal.code, refusal.message)
        context = AccessContext(call.request, call.operation, call.query, call.now_ns, caller.signature)
        question = Question(caller.principal, call.bucket, call.bucket_name, key, "", context)
        needs = actions.needs("PutObject", {}, call.request.fields)
        return replace(call, authorised=await self._authoriser.authorise(question, needs), key=key)
