"""The pages, a module a subject: a function takes what was asked and gives the answer. Nothing is worked out here."""
