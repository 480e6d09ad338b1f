"""Judges an unpacked bundle with the public validators of its metadata.

    python check_crate.py FOLDER

rocrate-validator says whether the folder is an RO-Crate of the profile Workflow Run
Crate, every requirement and every recommendation; mlcroissant whether each file of
`croissant/` is Croissant. What is wrong is printed, a line each.

pip install roc-validator==0.13.0 rocrate==0.13.0 mlcroissant==1.1.1

Nothing is fetched: the vocabulary that the crate names is the copy in `rocrate`.
"""

import logging
import sys
from pathlib import Path

import mlcroissant
import requests
import rocrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.utils.http import HttpRequester

VOCABULARY = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "workflow-run-crate-0.5"


def vocabulary(_requester, url, **_options):
    answer = requests.Response()
    answer.url, answer.status_code = url, 200 if url == VOCABULARY else 404
    answer.headers["Content-Type"] = "application/ld+json"
    answer._content = (Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_bytes()
    return answer


def crate_problems(folder):
    HttpRequester.get = vocabulary
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier=PROFILE,
        requirement_severity=Severity.RECOMMENDED,
    )
    result = services.validate(settings)
    for issue in result.get_issues():
        yield f"{issue.severity.name.lower()}: {issue.check.identifier}: {issue.message}"


def croissant_problems(path):
    issues = mlcroissant.Dataset(jsonld=path).metadata.ctx.issues
    for kind, found in (("required", issues.errors), ("recommended", issues.warnings)):
        for message in found:
            yield f"{kind}: {path.name}: {message}"


def main():
    logging.disable(logging.WARNING)
    folder = Path(sys.argv[1])
    problems = list(crate_problems(folder))
    for path in sorted((folder / "croissant").iterdir()):
        try:
            problems.extend(croissant_problems(path))
        except mlcroissant.ValidationError as error:
            problems.append(f"required: {path.name}: {error}")
    print("\n".join(problems))


main()
