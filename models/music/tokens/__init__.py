"""Role tokens: bars of five roles as short sequences of numbers, and back without loss on the grid."""

from models.music.tokens.codec import TokenError, WrittenBar, decode, encode, on_grid
from models.music.tokens.vocabulary import FOLLOWERS, GRID, VOCABULARY

__all__ = ["FOLLOWERS", "GRID", "VOCABULARY", "TokenError", "WrittenBar", "decode", "encode", "on_grid"]
