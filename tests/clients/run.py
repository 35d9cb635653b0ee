#!/usr/bin/env python3
"""AWS's own clients judge the simulated AWS: `run.py --program path/to/peerway`.

boto3 makes every case of `suite/cases` and what follows from AWS's service models, against the simulated AWS and against
moto; `aws` does the golden example by hand. See README.md."""

from suite.main import main

if __name__ == "__main__":
    raise SystemExit(main())
