"""Which parameters of a model may be pruned, and by what names they are known; decided by the kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

from torch import Tensor, nn

from .ground.states import parameters, place

Prunable = Callable[[str, Tensor], bool] | Iterable[str] | None

# In these kinds of layers the weights named here may be pruned: what is multiplied with the layer's inputs.
PRUNABLE_LAYERS: tuple[tuple[type[nn.Module], tuple[str, ...]], ...] = (
    (nn.Linear, ("weight",)),
    (nn.Bilinear, ("weight",)),
    (nn.modules.conv._ConvNd, ("weight",)),
    (nn.RNNCellBase, ("weight_ih", "weight_hh")),
    (nn.MultiheadAttention, ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")),
)


def prunable_parameters(model: nn.Module, prunable: Prunable = None) -> dict[str, Tensor]:
    """The parameters that may be pruned, by plain name, in the model's order; a tied one once, by its first name.

    Args:
        prunable: names; or a function (name, parameter) → bool; or ``None`` for the weights of linear, convolutional,
            recurrent and attention layers that are not empty. :func:`left_out` says what that leaves out, and why.

    Raises:
        ValueError: nothing is prunable; a given name does not exist; or, with ``None``, the weight of a layer is
            computed from other parameters (weight_norm and its like), or has no shape yet (lazy layers).
        TypeError: ``prunable`` is one string, whose letters would pass for names.
    """
    everything = parameters(model)
    if isinstance(prunable, str):
        raise TypeError(f"prunable must be a list of names, such as [{prunable!r}], got the string {prunable!r}")
    if prunable is None:
        wanted = {place(weight) for weight in _layer_weights(model)}
    elif callable(prunable):
        wanted = {place(p) for name, p in _once(everything).items() if prunable(name, p)}
    else:
        names = list(prunable)
        if unknown := [name for name in names if name not in everything]:
            raise ValueError(f"no parameter named {unknown}; the model has {list(everything)}")
        wanted = {place(everything[name]) for name in names}
    chosen: dict[str, Tensor] = {name: p for name, p in _once(everything).items() if place(p) in wanted}
    if not chosen:
        raise ValueError(f"nothing in this {type(model).__name__} is prunable; its parameters: {list(everything)}")
    return chosen


def left_out(model: nn.Module, prunable: Prunable = None) -> dict[str, str]:
    """Name → reason, for each parameter that :func:`prunable_parameters` leaves out."""
    chosen = prunable_parameters(model, prunable)
    owners = {id(p): module for module in model.modules() for p in module.parameters(recurse=False)}
    reasons = {}
    for name, p in _once(parameters(model)).items():
        kind = type(owners[id(p)]).__name__
        if name in chosen:
            continue
        if prunable is not None:
            reasons[name] = "not among those asked for"
        elif not p.numel():
            reasons[name] = "has no entries"
        elif _weight_names(owners[id(p)]):
            reasons[name] = f"is added in its {kind}, not multiplied with its inputs"
        else:
            reasons[name] = f"a {kind} is no linear, convolutional, recurrent or attention layer; name it in prunable"
    return reasons


def _once(everything: Mapping[str, nn.Parameter]) -> dict[str, nn.Parameter]:
    seen: set[Hashable] = set()
    return {name: p for name, p in everything.items() if not (place(p) in seen or seen.add(place(p)))}  # type: ignore[func-returns-value]


def _layer_weights(model: nn.Module) -> Iterator[nn.Parameter]:
    for path, layer in model.named_modules():
        for name in _weight_names(layer):
            weight = layer._parameters.get(name)
            if isinstance(weight, nn.parameter.UninitializedParameter):
                raise ValueError(f"layer {path!r} has no shape yet: run the model on a batch first")
            if weight is None and getattr(layer, name, None) is not None:
                raise ValueError(
                    f"the {name} of layer {path!r} is computed from {list(dict(layer.named_parameters()))}, so it "
                    "cannot be pruned. Remove that first (torch.nn.utils.parametrize.remove_parametrizations, "
                    "torch.nn.utils.remove_weight_norm, torch.nn.utils.prune.remove), or say with prunable what may be"
                )
            if weight is not None and weight.numel():
                yield weight


def _weight_names(layer: nn.Module) -> tuple[str, ...]:
    if isinstance(layer, nn.RNNBase):  # as many as it has layers and directions
        return tuple(name for names in layer._all_weights for name in names if name.startswith("weight"))
    return next((names for kind, names in PRUNABLE_LAYERS if isinstance(layer, kind)), ())
