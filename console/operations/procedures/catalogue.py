"""Every kind of operation there is."""

from __future__ import annotations

from opsconsole.clock import Clock
from opsconsole.domain.log_level import RaisedLevel
from opsconsole.domain.operation import OperationKind
from opsconsole.operations.ownership import workload_of
from opsconsole.operations.procedure import Catalogue
from opsconsole.operations.procedures.cordon import Cordon
from opsconsole.operations.procedures.log_level import Raised, RestoreLogLevel, SetLogLevel
from opsconsole.operations.procedures.pod_removal import PodRemoval
from opsconsole.operations.procedures.restart_container import RestartContainer
from opsconsole.operations.procedures.roll_back import RollBack
from opsconsole.operations.procedures.rolling_restart import RollingRestart
from opsconsole.operations.procedures.rollout_pause import PauseRollout, ResumeRollout
from opsconsole.operations.procedures.run_command import RunCommand
from opsconsole.operations.procedures.scale import Scale
from opsconsole.operations.programs import Programs
from opsconsole.operations.revisions import revisions


async def _none() -> tuple[RaisedLevel, ...]:
    return ()


def catalogue(clock: Clock, raised: Raised = _none, programs: Programs | None = None) -> Catalogue:
    """All procedures, one of each kind, and what is asked about workloads.

    `raised` tells log levels in force; without `programs` none of this machine is run.
    """
    return Catalogue(
        procedures=(
            RestartContainer(clock),
            PodRemoval(OperationKind.EVICT_POD),
            PodRemoval(OperationKind.DELETE_POD),
            RollingRestart(clock),
            RollBack(),
            Scale(),
            PauseRollout(),
            ResumeRollout(),
            Cordon(cordoned=True),
            Cordon(cordoned=False),
            SetLogLevel(raised),
            RestoreLogLevel(raised),
            *([] if programs is None else [RunCommand(programs)]),
        ),
        workload_of=workload_of,
        revisions=revisions,
    )
