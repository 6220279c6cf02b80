"""The quick questions of the notebooks, one file each: two on earlier pages, three on the page itself."""
