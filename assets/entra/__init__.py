"""Microsoft Entra ID through Microsoft Graph: client, frames, assets."""
