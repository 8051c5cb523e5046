"""The fields that the examples may have, and what kind of value each is.

Of Kubernetes: JobSpec and what is in it, of k8s.io/api at v0.31.0, batch/v1/types.go and core/v1/types.go (later
versions have these, too). Of AWS Batch: RegisterJobDefinitionRequest and SubmitJobRequest, of API version 2016-08-10
as botocore 1.44 has it (data/batch/2016-08-10/service-2.json.gz). Of the fields of pods and containers those are left
out that such a job has no use for.
"""

METADATA = {"name": str, "namespace": str, "labels": {str: str}, "annotations": {str: str}}
QUANTITIES = {str: str}

CONTAINER = {
    "name": str, "image": str, "command": [str], "args": [str], "workingDir": str, "imagePullPolicy": str,
    "env": [{"name": str, "value": str}],
    "resources": {"limits": QUANTITIES, "requests": QUANTITIES},
    "volumeMounts": [{"name": str, "mountPath": str, "subPath": str, "readOnly": bool}],
}  # fmt: skip
POD = {
    "restartPolicy": str, "containers": [CONTAINER], "initContainers": [CONTAINER],
    "activeDeadlineSeconds": int, "terminationGracePeriodSeconds": int, "serviceAccountName": str,
    "nodeSelector": {str: str}, "priorityClassName": str, "imagePullSecrets": [{"name": str}],
    "volumes": [{
        "name": str,
        "persistentVolumeClaim": {"claimName": str, "readOnly": bool},
        "nfs": {"server": str, "path": str, "readOnly": bool},
    }],
}  # fmt: skip
KUBERNETES_JOB = {
    "apiVersion": str, "kind": str, "metadata": METADATA,
    "spec": {
        "completionMode": str, "completions": int, "parallelism": int, "backoffLimit": int,
        "backoffLimitPerIndex": int, "maxFailedIndexes": int, "activeDeadlineSeconds": int,
        "ttlSecondsAfterFinished": int, "suspend": bool, "manualSelector": bool, "podReplacementPolicy": str,
        "managedBy": str,
        "podFailurePolicy": {"rules": [{
            "action": str,
            "onExitCodes": {"containerName": str, "operator": str, "values": [int]},
            "onPodConditions": [{"type": str, "status": str}],
        }]},
        "successPolicy": {"rules": [{"succeededIndexes": str, "succeededCount": int}]},
        "template": {"metadata": METADATA, "spec": POD},
    },
}  # fmt: skip

RESOURCES = [{"type": ("VCPU", "MEMORY", "GPU"), "value": str}]
RETRIES = {
    "attempts": int,
    "evaluateOnExit": [{"onStatusReason": str, "onReason": str, "onExitCode": str, "action": ("RETRY", "EXIT")}],
}
BATCH_JOB_DEFINITION = {
    "jobDefinitionName": str, "type": ("container",), "parameters": {str: str}, "schedulingPriority": int,
    "propagateTags": bool, "tags": {str: str}, "platformCapabilities": [("EC2", "FARGATE")],
    "retryStrategy": RETRIES, "timeout": {"attemptDurationSeconds": int},
    "containerProperties": {
        "image": str, "command": [str], "jobRoleArn": str, "executionRoleArn": str, "user": str,
        "environment": [{"name": str, "value": str}], "resourceRequirements": RESOURCES,
        "mountPoints": [{"sourceVolume": str, "containerPath": str, "readOnly": bool}],
        "volumes": [{
            "name": str, "host": {"sourcePath": str},
            "efsVolumeConfiguration": {"fileSystemId": str, "rootDirectory": str, "transitEncryption": str},
        }],
    },
}  # fmt: skip
BATCH_JOB = {
    "jobName": str, "jobQueue": str, "jobDefinition": str, "shareIdentifier": str, "schedulingPriorityOverride": int,
    "arrayProperties": {"size": int}, "dependsOn": [{"jobId": str, "type": ("N_TO_N", "SEQUENTIAL")}],
    "parameters": {str: str}, "retryStrategy": RETRIES, "timeout": {"attemptDurationSeconds": int},
    "propagateTags": bool, "tags": {str: str},
    "containerOverrides": {
        "command": [str], "environment": [{"name": str, "value": str}], "resourceRequirements": RESOURCES,
    },
}  # fmt: skip

REQUIRED = {
    "job": ("apiVersion", "kind", "metadata.name", "spec.template.spec.containers",
            "spec.template.spec.restartPolicy"),
    "definition": ("jobDefinitionName", "type", "containerProperties.image",
                   "containerProperties.resourceRequirements"),
    "submission": ("jobName", "jobQueue", "jobDefinition"),
}  # fmt: skip


def problems(value: object, kind: object, where: str = "") -> list[str]:
    """Of a value that is to be of a kind as above: a type, choices, a list of a kind, names with a kind each."""
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return [f"{where} is no mapping"]
        found = []
        for name, inner in value.items():
            of_name = kind.get(str, kind.get(name))
            place = f"{where}.{name}".lstrip(".")
            found += [f"{place} is no field"] if of_name is None else problems(inner, of_name, place)
        return found
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [problem for item in value for problem in problems(item, kind[0], f"{where}[]")]
    if isinstance(kind, tuple):
        return [] if value in kind else [f"{where} is {value!r}, not one of {', '.join(kind)}"]
    return [] if type(value) is kind else [f"{where} is {value!r}, not of type {kind.__name__}"]


def missing(value: dict, what: str) -> list[str]:
    found = []
    for path in REQUIRED[what]:
        inner: object = value
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        if inner is None:
            found.append(f"there is no {path}")
    return found
