"""What the pipeline knows: sources, frames, rules, plan and ledger. When and how it runs is `pipelines`."""
