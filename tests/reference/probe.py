"""The probe's logistic regression by scikit-learn, on the latents of artifacts.

Run by hand, in this folder: python probe.py NAME=LATENTS.h5[=PROBE.h5] ... > probe.txt

NAME is what the latents are called in the output; LATENTS.h5 is an artifact of
`Encode`, PROBE.h5 one of `Probe` on it, whose figures are printed beside. First comes a small set of points
that the tests take again.

Two judges. `same rule`: the rule of docs/methodology.md, done with scikit-learn's
StandardScaler and LogisticRegression, which scale, penalise and solve in their own
way. `cross-validated`: LogisticRegressionCV with its own folds and its own strengths,
which shares no number with our rule: it tells whether the accuracy hangs on the rule.
"""

import sys

import h5py
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

STRENGTHS = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]


def fitted(x, y, strength, scaler):
    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-9, max_iter=1000)
    if x.shape[1] > 300:
        model.set_params(solver="lbfgs", tol=1e-7, max_iter=20000)
    return model.fit(scaler.transform(x), y)


def same_rule(x, y):
    scaler = StandardScaler().fit(x)
    held_out = np.arange(len(y)) % 6 == 5
    losses = []
    for strength in STRENGTHS:
        model = fitted(x[~held_out], y[~held_out], strength, scaler)
        probabilities = model.predict_proba(scaler.transform(x[held_out]))
        losses.append(log_loss(y[held_out], probabilities, labels=model.classes_))
    strength = STRENGTHS[int(np.argmin(losses))]
    return scaler, fitted(x, y, strength, scaler), strength, losses


def fixture():
    """The points of kmeans.py in three classes that overlap, and none to test on."""
    points = np.loadtxt("kmeans_points.txt")
    labels = np.digitize(points[:, 0] + 2 * np.sin(7 * np.arange(len(points))), [9.5, 14.5])
    scaler, model, strength, losses = same_rule(points, labels)
    probabilities = model.predict_proba(scaler.transform(points))
    train = log_loss(labels, probabilities, labels=model.classes_)
    penalty = 0.5 * (model.coef_**2).sum() / (strength * len(labels))
    print("fixture labels", *labels)
    print("fixture c", strength)
    print("fixture objective", train + penalty)
    print("fixture held_out", *losses)
    print("fixture weights", *model.coef_.ravel())
    print("fixture found", *model.predict(scaler.transform(points)))


def main(arguments):
    print(f"# by probe.py, with scikit-learn {sklearn.__version__} and NumPy {np.__version__}")
    fixture()
    for argument in arguments:
        name, path, *probe = argument.split("=")
        with h5py.File(path) as file:
            x, y = file["latents/train"][:].astype("f8"), file["labels/train"][:]
            x_test, y_test = file["latents/test"][:].astype("f8"), file["labels/test"][:]
        scaler, model, strength, losses = same_rule(x, y)
        probabilities = model.predict_proba(scaler.transform(x_test))
        print(name, "same_rule c", strength)
        print(name, "same_rule accuracy", accuracy_score(y_test, model.predict(scaler.transform(x_test))))
        print(name, "same_rule cross_entropy", log_loss(y_test, probabilities, labels=model.classes_))
        train = log_loss(y, model.predict_proba(scaler.transform(x)), labels=model.classes_)
        penalty = 0.5 * (model.coef_**2).sum() / (strength * len(y))
        print(name, "same_rule objective", train + penalty)
        print(name, "same_rule held_out", *losses)
        if x.shape[1] <= 64:
            judge = make_pipeline(
                StandardScaler(),
                LogisticRegressionCV(Cs=7, cv=5, scoring="neg_log_loss", max_iter=5000, n_jobs=1),
            ).fit(x[:20000], y[:20000])
            print(name, "cross_validated accuracy", accuracy_score(y_test, judge.predict(x_test)))
        if probe:
            with h5py.File(probe[0]) as file:
                scores, solution = file["scores"], file["solution"]
                print(name, "ours c", solution["c"][()])
                print(name, "ours accuracy", scores["accuracy"][()])
                print(name, "ours cross_entropy", scores["cross_entropy"][()])
                print(name, "ours objective", solution["objective"][()])
                print(name, "ours held_out", *file["selection/cross_entropy"][:])
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
