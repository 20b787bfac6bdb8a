"""Translations: one folder a language, and the gathering of what there is to translate."""
