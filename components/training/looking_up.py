"""LSTMs that read words: each word of the vocabulary meets the kernel once in a step, not once in every text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from components.training.unrolling import layers_of


@contextmanager
def words_multiplied_once(model: keras.Model) -> Iterator[None]:
    """While it is open, written-out LSTMs over embedded words look their inputs' products up; equal but for rounding.

    An Embedding's row times the kernel is the row of the embeddings' product with the kernel: with a small vocabulary
    that product is the smaller one.
    """
    lookups = Lookups()
    layers = list(dict.fromkeys(layers_of(model)))
    embeddings = [layer for layer in layers if isinstance(layer, keras.layers.Embedding)]
    lstms = [layer for layer in layers if type(layer) is keras.layers.LSTM and layer.unroll and may_look_up(layer)]
    for layer in lstms:
        layer.inner_loop = lookups.recurring(layer)
    for layer in embeddings:
        layer.call = lookups.remembering(layer)
    try:
        yield
    finally:
        for layer in lstms:
            del layer.inner_loop
        for layer in embeddings:
            del layer.call


def may_look_up(layer: keras.layers.LSTM) -> bool:
    """Whether nothing but the kernel stands between a word and the gates."""
    return not layer.dropout and not layer.recurrent_dropout and layer.compute_dtype == layer.variable_dtype


class Lookups:
    """Which tensors are rows of embeddings, and of which words."""

    def __init__(self) -> None:
        self.found: dict[int, tuple[tf.Tensor, keras.layers.Embedding, tf.Tensor]] = {}

    def remembering(self, layer: keras.layers.Embedding) -> Callable[[tf.Tensor], tf.Tensor]:
        """The layer's own call, which remembers what it looked up."""
        call = layer.call

        def remember(words: tf.Tensor) -> tf.Tensor:
            rows = call(words)
            self.found[id(rows)] = (rows, layer, words)
            return rows

        return remember

    def recurring(self, layer: keras.layers.LSTM) -> Callable[..., tuple]:
        """The layer's own loop, or the shorter one where its sequence is of looked-up words."""
        loop = layer.inner_loop

        def recur(sequences: tf.Tensor, initial_state: list[tf.Tensor], mask: Any, training: bool = False) -> tuple:
            _, embedding, words = self.found.get(id(sequences), (None, None, None))
            if embedding is None or mask is not None or not is_shorter(embedding, words):
                return loop(sequences, initial_state, mask, training)
            return recur_over_words(layer, embedding, words, initial_state)

        return recur


def is_shorter(embedding: keras.layers.Embedding, words: tf.Tensor) -> bool:
    """Whether looking up takes fewer multiplications for each column of the kernel; words, [texts, steps]."""
    texts, steps = words.shape
    if texts is None:
        return False
    vocabulary, width, count = embedding.input_dim, embedding.output_dim, texts * steps
    return vocabulary * width + count * vocabulary < 2 * count * width


def recur_over_words(
    layer: keras.layers.LSTM, embedding: keras.layers.Embedding, words: tf.Tensor, state: list[tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
    """What the layer's loop returns: its last output, its outputs [texts, steps, units], and its states."""
    cell = layer.cell
    words = tf.transpose(tf.cast(words, tf.int32))
    words = tf.where(words < 0, words + embedding.input_dim, words)  # As Keras looks them up: from the end.
    bias = cell.bias if cell.use_bias else tf.zeros([4 * cell.units])
    products = multiply(*map(tf.convert_to_tensor, (embedding.embeddings, cell.kernel, bias)), tf.reshape(words, [-1]))
    hidden, carry = state
    outputs = []
    for product in tf.split(products, words.shape[0])[:: -1 if layer.go_backwards else 1]:
        gates = product + tf.matmul(hidden, cell.recurrent_kernel)
        enter, forget, candidate, leave = tf.split(gates, 4, axis=1)
        let = cell.recurrent_activation
        carry = let(forget) * carry + let(enter) * cell.activation(candidate)
        hidden = let(leave) * cell.activation(carry)
        outputs.append(hidden)
    return hidden, tf.stack(outputs if layer.return_sequences else [hidden], axis=1), [hidden, carry]


@tf.custom_gradient
def multiply(table: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, words: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """The words' rows of the table, times the kernel, plus the bias: [words, columns].

    The table's gradient stays apart word by word, as an Embedding gives it: Keras's optimizers, which square it so,
    take another step where it is summed.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.IndexedSlices, tf.Tensor, tf.Tensor, None]:
        rows = tf.matmul(upstream, kernel, transpose_b=True)
        by_word = tf.matmul(tf.one_hot(words, table.shape[0]), upstream, transpose_a=True)
        of_kernel = tf.matmul(table, by_word, transpose_a=True)
        return tf.IndexedSlices(rows, words, tf.shape(table)), of_kernel, tf.reduce_sum(by_word, axis=0), None

    return tf.gather(tf.nn.bias_add(tf.matmul(table, kernel), bias), words), gradient
