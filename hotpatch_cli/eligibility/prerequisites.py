"""HP201 to HP215 and HP403 to HP412: the prerequisites of hotpatching, met, unmet, or unknown.

A missing fact is a finding of its own: a rule never passes because of missing data.
"""

from collections.abc import Iterator
from datetime import date

from hotpatch_cli.knowledge.records import Matrix, holds
from hotpatch_cli.model import (
    ArcStatus,
    Enablement,
    Facts,
    Finding,
    LicenseStatus,
    PatchMode,
    RebootSetting,
    SecurityType,
    SourceValue,
    make_finding,
    meaning_of,
    missing,
)


def check_azure(facts: Facts, _matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP201 to HP204, HP212, HP404 to HP406: patch settings of an Azure VM.

    https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching
    """
    settings = facts.patching
    if settings.hotpatching is None:
        yield missing("HP405", "patching.hotpatching", facts)
    elif not settings.hotpatching:
        yield make_finding("HP201", seen={"patching.hotpatching": False}, observed="false")
    if settings.mode is None:
        yield missing("HP404", "patching.mode", facts)
    elif settings.mode.meaning is not PatchMode.AUTOMATIC_BY_PLATFORM:
        yield make_finding("HP202", seen={"patching.mode": settings.mode}, observed=settings.mode)
    if settings.vm_agent is None:
        yield missing("HP406", "patching.vm_agent", facts)
    elif not settings.vm_agent:
        yield make_finding("HP203", seen={"patching.vm_agent": False})
    if settings.hotpatching and settings.bypass_safety_checks:
        variant = "declared" if facts.declared else "default"
        yield make_finding("HP204", variant, seen={"patching.bypass_safety_checks": True})
    if facts.scale_set == "flexible" and not facts.health_extension:
        variant = "missing" if facts.health_extension is None else "default"
        yield make_finding("HP212", variant, seen={"health_extension": facts.health_extension})


def check_azure_local(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP210, HP211, HP411, HP412: the Azure Local instance under the VM.

    https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
    """
    local = facts.azure_local
    if local.azure_verification is None:
        yield make_finding("HP411", seen={"azure_local.azure_verification": None})
    elif not local.azure_verification:
        yield make_finding("HP210", seen={"azure_local.azure_verification": False})
    minimum = next(
        (row for row in matrix.azure_local_hosts if holds(row.from_day, row.until, as_of)), None
    )
    version = local.version
    seen = {"azure_local.version": version}
    if version is None:
        yield make_finding("HP412", seen=seen)
    elif version.meaning is None:
        yield make_finding("HP412", "unreadable", seen=seen, version=version)
    elif minimum and minimum.release and version.meaning < minimum.release:
        yield make_finding("HP211", seen=seen, version=version, minimum=minimum.minimum)


def check_arc(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP205 to HP209, HP403, HP407 to HP410: the machine under Azure Arc.

    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
    """
    status = facts.arc.status
    if status is None:
        yield make_finding("HP407", seen={"arc.status": None})
    elif status.meaning is not ArcStatus.CONNECTED:
        yield make_finding("HP207", seen={"arc.status": status}, observed=status)
    yield from _enrollment(facts, matrix, as_of)
    yield from _security(facts)
    yield from _build(facts, matrix)


_ENABLEMENTS = {
    None: "Enabled",
    Enablement.ENABLED: "Enabled",
    Enablement.DISABLED: "Disabled",
    Enablement.ACTION_REQUIRED: "Action Required",
    Enablement.PENDING_EVALUATION: "Pending",
}


def enrollment(
    license_status: SourceValue[LicenseStatus] | None, enablement: SourceValue[Enablement] | None
) -> str | None:
    """What the portal shows of license and enablement: Enabled, Pending, Canceled, Disabled,
    Failed, Action Required, Not Enrolled, and Disabling while a license ends; None where neither
    is known. A license status without a meaning is shown unchanged.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
    """
    if license_status is None or license_status.meaning is LicenseStatus.UNKNOWN:
        return None
    if license_status.meaning is not LicenseStatus.ENABLED:
        return str(license_status.meaning or license_status)
    if enablement is not None and enablement.meaning is None:
        return None
    return _ENABLEMENTS.get(meaning_of(enablement))


def _enrollment(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP208 and HP408. If a machine is enrolled and hotpatching is turned off, the remedy differs
    from that of a machine that isn't enrolled.
    """
    state = enrollment(facts.arc.hotpatch, facts.arc.enablement)
    enrolled = meaning_of(facts.arc.hotpatch) is LicenseStatus.ENABLED
    field = "arc.enablement" if enrolled else "arc.hotpatch"
    observed = facts.arc.enablement if enrolled else facts.arc.hotpatch
    seen = {field: observed}
    if state is None:
        if observed is None:
            yield make_finding("HP408", seen=seen)
        else:
            yield make_finding("HP408", "undecided", seen=seen, observed=observed)
    elif state != "Enabled":
        phase = next(
            (phase for phase in matrix.arc_phases if holds(phase.from_day, phase.until, as_of)),
            None,
        )
        terms = phase.terms if phase is not None else "unknown"
        if enrolled and state in _SWITCHED:
            yield make_finding("HP208", _SWITCHED[state], seen=seen, terms=terms)
        elif phase is not None and phase.phase == "paid":
            yield make_finding("HP208", "paid", seen=seen, observed=state, price=terms)
        else:
            variant = "preview" if phase is not None and phase.phase == "preview" else "default"
            yield make_finding("HP208", variant, seen=seen, observed=state)


_SWITCHED = {"Disabled": "switched_off", "Action Required": "action_required"}


def _security(facts: Facts) -> Iterator[Finding]:
    """VBS and Secure Boot. The enablement status Enabled is evidence for both where they are
    missing.
    """
    arc = facts.arc
    proven = meaning_of(arc.enablement) is Enablement.ENABLED
    if arc.vbs is None:
        if not proven:
            yield make_finding("HP409", seen={"arc.vbs": None})
    elif arc.vbs != "running":
        observed = "configured but not running" if arc.vbs == "configured" else arc.vbs
        yield make_finding("HP205", seen={"arc.vbs": arc.vbs}, observed=observed)
    if arc.uefi is False:
        yield make_finding("HP206", "uefi", seen={"arc.uefi": False})
    elif arc.secure_boot is False:
        yield make_finding("HP206", "secure_boot", seen={"arc.secure_boot": False})
    elif arc.secure_boot is None and not proven:
        yield make_finding("HP410", seen={"arc.secure_boot": None})


def _build(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    minimum, seen = matrix.minimum_build, {"build": facts.build}
    build = meaning_of(facts.build)
    if facts.build is None:
        yield make_finding("HP403", seen=seen)
    elif build is None:
        yield make_finding("HP403", "unreadable", seen=seen, build=facts.build)
    elif minimum is None or build.number != minimum.number:
        return  # another Windows: HP105 or HP415
    elif build.revision is None:
        yield make_finding("HP403", "revision", seen=seen, build=build)
    elif build < minimum:
        yield make_finding("HP209", seen=seen, build=build, minimum=minimum)


def check_boot(facts: Facts, _matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP215: the source states that the security type is Standard, or Secure Boot or vTPM off.

    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
    (2025-10-30)
    """
    security = facts.security
    seen: dict[str, object] = {}
    off: list[str] = []
    if meaning_of(security.type) is SecurityType.STANDARD:
        seen["security.type"] = security.type
        off.append("the security type is Standard")
    for field, name in (("secure_boot", "Secure Boot"), ("vtpm", "the virtual TPM")):
        if getattr(security, field) is False:
            seen[f"security.{field}"] = False
            off.append(f"{name} is off")
    if off:
        yield make_finding("HP215", seen=seen, observed=" and ".join(off))


def check_state(facts: Facts, _matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP213: powered off."""
    if facts.power == "off":
        yield make_finding("HP213", seen={"power": "off"})


def reboot_never(facts: Facts, baseline: object) -> Iterator[Finding]:
    """HP214: the restart setting is Never while a baseline is due or next."""
    setting = facts.patching.reboot
    if meaning_of(setting) is RebootSetting.NEVER:
        yield make_finding(
            "HP214", seen={"patching.reboot": setting}, observed=setting, baseline=baseline
        )
