"""How both systems are read and written: HTTP, pages, frames; `entra` is Microsoft Graph. No rule is known here."""
