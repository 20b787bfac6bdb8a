"""The architectures that ship, one file each, in the order of the gallery."""

from presets.architectures import (
    inception_digits,
    question_answering,
    residual_digits,
    siamese_lstm,
    social_posts,
    spirals,
)

ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        spirals.ARCHITECTURE,
        question_answering.ARCHITECTURE,
        social_posts.ARCHITECTURE,
        inception_digits.ARCHITECTURE,
        residual_digits.ARCHITECTURE,
        siamese_lstm.ARCHITECTURE,
    )
}
