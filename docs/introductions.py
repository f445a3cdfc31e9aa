"""What the reference pages say before their tables."""

FLOWS = """# Flows

A flow is a file `flows/NAME.yaml` of the site. How to write one: [write a menu](../how-to/write-a-menu.md).
`cordboard check` says everything that is wrong with it, with file, line and key. Comments, anchors (`&name`)
and aliases (`*name`) may be used.

| Key | Takes | Default | |
|---|---|---|---|
| `start` | node | *needed* | The node where callers begin. |
| `languages` | language: voice | `en: en` | Each language and its voice; callers begin with the first. |
| `nodes` | name: node | *needed* | The nodes by name: letters, digits, `_` and `-`. |

A node has one verb, which is a key too, and the verb's settings beside it.

| Verb | |
|---|---|
"""

PROMPTS = """
## Prompts

A prompt is a text, which is spoken; `file: NAME`, a sound file in the site's folder `prompts`; `say: TEXT`,
the same as the text alone; a list of those, played one after the other; or one of each language, as
`{en: Welcome., zh: 欢迎。}`. Sounds are made before the server takes calls, as 8 kHz mono WAV, and kept in
the sounds folder.

A text may have values of the call's data in it, as `{name}` or `{name:kind}`, said in the caller's language.
Kinds: `text`, `digits`, `number`, `money` (with a currency: `{sum:money:EUR}`), `date`, `time`.
"""

SITE = """# Settings

A site is a folder. These are its files besides the [flows](flows.md); `cordboard init` writes an example
with comments. Unknown keys are errors. A duration is a number with its unit: `500ms`, `15s`, `2m`, `1h`.
A phone is the dial string of one phone, such as `PJSIP/alice`.

"""

SIMULATION = """# Simulation

What `cordboard simulate` reads. How to use it: [see next Monday before it happens](../how-to/simulate.md).

"""

DICTIONARY = """# Events and commands

The dictionary of the whole system. Events are facts; commands are wishes, and later events tell what
became of them. Times are Unix seconds. Every event has `at`, every command and every event of a call has
`call`, the call's id. Fields marked *secret* are for live use only: they are never written anywhere.

"""

COMMANDS = """# The command line

`--site` is the site's folder; left out, the folder one is in. A command that fails says why and ends with 1.

| Command | What it does |
|---|---|
"""
