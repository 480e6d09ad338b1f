"""What is measured: nets, autoencoders and regularizers.

Knows nothing of how.
"""

# As pipelines have them: channels, depth, latent, width.
NETS = {
    "lines": (1, 16, 16, 2),
    "MNIST, 32 values": (1, 16, 2, 4),
    "MNIST, 256 values": (1, 16, 16, 4),
    "colour, depth 16, 32 values": (3, 16, 2, 4),
    "colour, depth 16, 256 values": (3, 16, 16, 4),
    "SVHN, 32 values": (3, 64, 2, 4),
    "SVHN, 256 values": (3, 64, 16, 4),
    "CIFAR-10, 1,024 values": (3, 64, 64, 4),
}
METHODS = [
    ("Baseline", None, None),
    ("Denoising", None, None),
    ("Dropout", None, None),
    ("Vae", None, None),
    ("Aae", None, None),
    ("VqVae", None, 16384),
    ("VqVae", None, 512),
    ("Baseline", "Lsgan", None),
    ("Baseline", "Acai", None),
]
# Those on which every method is measured; on the others, ACAI is.
EVERY_METHOD = ["lines", "MNIST, 32 values", "SVHN, 256 values"]
# A VQ-VAE has another net on lines, as in the paper.
VQVAE_LINES = (1, 16, 16, 4)

SVHN = NETS["SVHN, 256 values"]


def net_fields(net):
    return dict(zip(("channels", "depth", "latent", "width"), net))


def method_fields(method):
    autoencoder, regularizer, codes = method
    return {"autoencoder": autoencoder, "regularizer": regularizer or "none", "codes": codes}


def method_name(method):
    autoencoder, regularizer, codes = method
    if codes:
        return f"{autoencoder}, {codes:,} codes"
    return f"{autoencoder} + {regularizer}" if regularizer else autoencoder


def training_cases():
    """Net's name, net, method."""
    for name, net in NETS.items():
        for method in METHODS:
            if name not in EVERY_METHOD and method[1] != "Acai":
                continue
            is_other = name == "lines" and method[0] == "VqVae"
            yield name, VQVAE_LINES if is_other else net, method
