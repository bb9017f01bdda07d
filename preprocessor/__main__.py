"""`python -m preprocessor` is the command `region-image`."""

from preprocessor.cli import main

if __name__ == "__main__":
    main()
