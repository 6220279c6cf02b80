"""The experiments behind the archive, one file a chapter: settings, ``run(seed, **setting)``, claims. None yet."""
