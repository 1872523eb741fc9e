"""Which topics an entry is about, with the evidence. Topics are YAML files in ``topics``."""

from bot.classify.classifier import Classifier, explain, reason
from bot.classify.definitions import TopicDefinition, load_topics

__all__ = ["Classifier", "TopicDefinition", "explain", "load_topics", "reason"]
