"""Microsoft Entra ID through Microsoft Graph: client and frames."""
