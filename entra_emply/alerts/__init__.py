"""Telling people: what is due (`due`, pure), its words (`words`), and sending it (`receivers`, `sending`). `tell` does
all of it. The facts and the outbox are the ledger's. No Dagster here, and no rule.
"""
