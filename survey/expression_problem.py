"""What is wrong with an expression, said in both languages."""


class ExpressionError(ValueError):
    """An expression cannot be used; `feature` names the offending word or function."""

    def __init__(self, feature: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.feature, self.zh, self.en = feature, zh, en
