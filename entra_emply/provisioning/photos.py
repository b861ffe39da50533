"""Profile pictures, from Entra to Emply. (rules.md, P)"""

from entra_emply.ledger.action import Action
from entra_emply.provisioning.effect import Context, Done, Effect, Write


def _prepare(action: Action, context: Context) -> Write | None:
    """Give the photo if it still is the planned one; the next run plans for a newer photo."""
    if action.entra_id is None or action.emply_user_id is None:
        return None
    emply_user_id, photo = action.emply_user_id, context.graph.mailboxes.photo(action.entra_id)
    if photo is None or photo[0] != action.fields["etag"]:
        return None
    etag, content = photo

    def write() -> Done:
        context.emply.set_photo(emply_user_id, etag, content)
        return Done(emply_user_id)

    return write


def _look(action: Action, context: Context) -> Done | None:
    user = context.emply.user(action.emply_user_id) if action.emply_user_id is not None else None
    return Done(action.emply_user_id) if user is not None and user.get("photoEtag") == action.fields["etag"] else None


SET = Effect(_prepare, _look)
