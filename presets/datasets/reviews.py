"""Reviews in a vocabulary of 2,000 words, written to praise or to complain."""

from components.datasets import Dataset, register_dataset


def make_reviews(seed=0, rows=2000, length=40, words_only=False):
    """Reviews as word numbers, and whether each praises (1) or complains (0).

    A telling word may stand after "not" or "never" and then means its opposite, so
    phrases matter more than words.
    """
    import numpy as np

    grammar = (
        "not never the and a of to is it was in this that with for but on are as have "
        "you they be at one all by an from so there his her out more some when their "
        "who if just no about had would up which we my our what were will can been has "
        "only than them into most other also even after how because its any where "
        "while"
    ).split()
    pleasing = (
        "kind warm bright clear fresh sweet smooth calm neat swift grand sound rich "
        "soft tender clever fair bold quick firm delightful graceful skilful "
        "thoughtful cheerful helpful joyful peaceful playful useful wonderful faithful "
        "hopeful tasteful beautiful perfect generous gracious delicious gorgeous "
        "marvellous glorious brilliant"
    ).split()
    annoying = (
        "weak cold dull bleak cheap crude rude harsh rough sour stale faint bland "
        "awkward poor sad bad dark loud slow thin tedious hideous pretentious "
        "monotonous ridiculous outrageous careless lifeless tasteless hopeless "
        "pointless useless senseless worthless shameless tiresome wasteful painful "
        "dreadful awful shameful hateful"
    ).split()
    pleases = (
        "enjoy reward delight charm enchant respect comfort protect succeed support "
        "astound laugh boost mend perfect"
    ).split()
    annoys = (
        "annoy disappoint fail offend insult disgust torment harm lack leak frighten "
        "sicken betray haunt ruin"
    ).split()
    verbs = (
        "act add aim allow answer appear ask assist attend belong block board boil "
        "bolt book borrow bow bowl burn call camp cart chart check cheer clean click "
        "climb cloud coast coil collect comb connect consider contain cook cool "
        "correct count cover crack crawl crown curl depart depend detail develop "
        "direct discover dock draft drain drift drown dust earn edit elect employ "
        "enter entertain exist expand expect explain export extend film fill filter "
        "float flow fold follow form gain gather golf grant group guard hand happen "
        "heat help hunt import inform inspect instruct insert invent invest jail join "
        "jump kick knock land last lean learn level lift limit link list load loan "
        "lock look mail mark mask melt mention mind moan murmur nail need number obey "
        "object offer open order own pack paint park part perform pick pilot plant "
        "play plead point pour pray present print proceed profit prompt pull pump "
        "question rain recall record recover remain remember remind rent repair repeat "
        "report request rest result return review risk roll row sail salt sand screen "
        "seal seat seem select sign snow soak sort spell spill spoil sprint stain "
        "stamp start stay steam strain suggest suit surround suspect swallow sway talk "
        "task tend test thank thread tick tour tower train transform transport treat "
        "trick trust turn twist view visit wait walk wander want warn water weigh "
        "whisper wonder work yell yield zoom"
    ).split()
    nouns = (
        "actor actress album alarm angle animal apartment apple apron arm arrow artist "
        "atom aunt author autumn avenue award bag baker ball balloon banana band bank "
        "bar barber barn barrel basket bath bay beach bean bear beard bed bee beer "
        "bell belt bench bike bird biscuit blanket boat body bone boot border bottle "
        "boulder boy bracelet brain brand bread breakfast brick bridge brother bucket "
        "bug building bulb bull bus butcher butler button cabin cable cafe cake "
        "calendar camel camera candle cannon canoe captain car card carpet carrot "
        "castle cat cellar chain chair chamber channel chapter character cheese chef "
        "chicken child cigar circle citizen class clerk client cliff clock coat code "
        "coffee coin collar colour comedian composer computer concert cook cookie "
        "corner cottage couch counter country couple course cousin cow crab crew "
        "critic crowd cup curtain cushion customer dancer daughter day desert desk "
        "dessert device diary dinner director doctor dog doll dollar door dragon drama "
        "drawer dream driver drum duck duke ear east editor egg elbow elephant emperor "
        "engine engineer episode essay evening eye face factor farm farmer father "
        "feather fence fiddle field fighter finger fire flag flame flavour floor "
        "flower flute fork forest fountain frame friend frog fruit funeral game garage "
        "garden garlic gate ghost giant girl glove goat grape guest guide guitar hair "
        "hall hammer harbour hat hawk head heart hero hill hint hole holiday horn "
        "horse hospital hotel hour idea insect island jacket jar job joke journal "
        "judge juice jungle kettle key keyboard king kitchen kite kitten knee lake "
        "lamp lane language laptop lawyer leader leg lemon lesson letter lid light "
        "line lion lip lobster lorry magazine magnet maker manager map market meal "
        "medal melody melon member menu message metal meter mile mirror mistake moment "
        "monkey monster month moon morning mother motor mountain mouth movie museum "
        "musician neck needle neighbour nephew nest net night noise noon noodle north "
        "novel nurse oak oar ocean office onion opera orange orchard oven owl page "
        "pair palace pan parent parrot path pattern pear pen pencil pepper person "
        "phone photo piano picture pie pig pillow pipe pirate pizza plate player plot "
        "pocket poem poet pond pool poster pot prince prison producer project pudding "
        "pupil puppet queen rabbit rack radio raft rail rat reader recipe region "
        "restaurant rider ring river road robot rocket roof room root rope rose rug "
        "ruler sailor salad sauce scene school scientist score script sea season "
        "secret seed sequel servant shadow shark sheet ship shirt shoe shop shoulder "
        "sister skirt slate sleeve slipper snail snake sock sofa soldier son song soup "
        "south spider spoon spring squirrel stage stair star station steak stone store "
        "stove stranger street student studio sugar suitcase summer sun table tablet "
        "tail tale teacher team tent theatre theme throat ticket tiger tile toe tongue "
        "tool town toy tractor trail tree trumpet trunk tunnel turkey turtle umbrella "
        "uncle vase vegetable vehicle verse village violin voice volume wagon waiter "
        "wall wardrobe week wheel whistle window wine wing winter writer year zebra"
    ).split()

    def forms(stems, *endings):
        return [stem + ending for stem in stems for ending in ("", *endings)]

    praising = forms(pleasing, "ly", "ness") + forms(pleases, "s", "ed", "ing")
    complaining = forms(annoying, "ly", "ness") + forms(annoys, "s", "ed", "ing")
    telling = len(grammar) + len(praising) + len(complaining)
    words = ["", *grammar, *praising, *complaining]
    words += forms(nouns, "s") + forms(verbs, "s", "ed", "ing")
    words = list(dict.fromkeys(words))[:2000]
    if words_only:
        return words
    rng = np.random.default_rng(seed)

    def part(count):
        praises = rng.integers(0, 2, count)
        text = rng.integers(telling + 1, len(words), (count, length))
        small = rng.random((count, length)) < 0.4
        text = np.where(small, rng.integers(3, len(grammar) + 1, text.shape), text)
        tells = rng.random((count, length)) < 0.12
        negated = (rng.random((count, length)) < 0.3) & tells
        negated[:, 0] = False
        means = np.where(
            rng.random((count, length)) < 0.9, praises[:, None], 1 - praises[:, None]
        )
        praised = 1 + len(grammar) + rng.integers(0, len(praising), text.shape)
        blamed = telling - rng.integers(0, len(complaining), text.shape)
        text = np.where(tells, np.where(means ^ negated, praised, blamed), text)
        text[:, :-1][negated[:, 1:]] = rng.integers(1, 3, negated.sum())
        targets = {"praise": praises[:, None].astype("float32")}
        return {"review": text.astype("int32")}, targets

    return {
        "train": part(rows),
        "validation": part(rows // 4),
        "test": part(rows // 4),
    }


def vocabulary():
    """The words of the reviews."""
    return {"review": tuple(make_reviews(words_only=True))}


DATASET = register_dataset(
    Dataset(
        name="reviews",
        title="Reviews",
        summary="Reviews in 2 000 words that praise or complain; tell which.",
        make=make_reviews,
        config={"rows": 2000, "length": 40},
        classes={"praise": ("complaint", "praise")},
        vocabulary=vocabulary,
    )
)
