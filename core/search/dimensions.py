# Sizes of vector that have a partial index (384 MiniLM and the hashed embedder, 768 BGE and Gemma,
# 1024 Mistral and Cohere, 1536 OpenAI). Another size would be scanned without an index: refused.
SUPPORTED_DIMENSIONS = (384, 768, 1024, 1536)
