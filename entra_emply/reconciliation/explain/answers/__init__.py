"""The answers to what people ask about a person: one function a question, from facts to a sentence, None where the
question cannot be asked about this person. Which questions there are is `questions`.
"""
