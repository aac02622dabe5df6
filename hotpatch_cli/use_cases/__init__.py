"""One use case a module: a request goes in, a value comes out."""
