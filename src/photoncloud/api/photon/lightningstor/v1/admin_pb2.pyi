from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Info(_message.Message):
    __slots__ = ("version", "component_id", "mode", "stage", "backends", "durability", "data_dir", "metadata_path", "free_bytes", "buckets", "objects", "bytes", "started_unix_ms", "features")
    class BackendsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bool
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bool] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    BACKENDS_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    DATA_DIR_FIELD_NUMBER: _ClassVar[int]
    METADATA_PATH_FIELD_NUMBER: _ClassVar[int]
    FREE_BYTES_FIELD_NUMBER: _ClassVar[int]
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    STARTED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    version: str
    component_id: str
    mode: str
    stage: str
    backends: _containers.ScalarMap[str, str]
    durability: str
    data_dir: str
    metadata_path: str
    free_bytes: int
    buckets: int
    objects: int
    bytes: int
    started_unix_ms: int
    features: _containers.ScalarMap[str, bool]
    def __init__(self, version: _Optional[str] = ..., component_id: _Optional[str] = ..., mode: _Optional[str] = ..., stage: _Optional[str] = ..., backends: _Optional[_Mapping[str, str]] = ..., durability: _Optional[str] = ..., data_dir: _Optional[str] = ..., metadata_path: _Optional[str] = ..., free_bytes: _Optional[int] = ..., buckets: _Optional[int] = ..., objects: _Optional[int] = ..., bytes: _Optional[int] = ..., started_unix_ms: _Optional[int] = ..., features: _Optional[_Mapping[str, bool]] = ...) -> None: ...

class ListBucketsRequest(_message.Message):
    __slots__ = ("prefix", "start_after", "limit")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    START_AFTER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    start_after: str
    limit: int
    def __init__(self, prefix: _Optional[str] = ..., start_after: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListBucketsResponse(_message.Message):
    __slots__ = ("buckets", "truncated")
    BUCKETS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    buckets: _containers.RepeatedCompositeFieldContainer[Bucket]
    truncated: bool
    def __init__(self, buckets: _Optional[_Iterable[_Union[Bucket, _Mapping]]] = ..., truncated: _Optional[bool] = ...) -> None: ...

class Bucket(_message.Message):
    __slots__ = ("name", "account", "created_unix_ms", "versioning", "object_lock", "website", "objects", "bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CREATED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    VERSIONING_FIELD_NUMBER: _ClassVar[int]
    OBJECT_LOCK_FIELD_NUMBER: _ClassVar[int]
    WEBSITE_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    account: str
    created_unix_ms: int
    versioning: str
    object_lock: bool
    website: bool
    objects: int
    bytes: int
    def __init__(self, name: _Optional[str] = ..., account: _Optional[str] = ..., created_unix_ms: _Optional[int] = ..., versioning: _Optional[str] = ..., object_lock: _Optional[bool] = ..., website: _Optional[bool] = ..., objects: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class CreateBucketRequest(_message.Message):
    __slots__ = ("name", "account", "object_lock")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OBJECT_LOCK_FIELD_NUMBER: _ClassVar[int]
    name: str
    account: str
    object_lock: bool
    def __init__(self, name: _Optional[str] = ..., account: _Optional[str] = ..., object_lock: _Optional[bool] = ...) -> None: ...

class DeleteBucketRequest(_message.Message):
    __slots__ = ("name", "force")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    force: bool
    def __init__(self, name: _Optional[str] = ..., force: _Optional[bool] = ...) -> None: ...

class DeleteBucketResponse(_message.Message):
    __slots__ = ("removed_versions",)
    REMOVED_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    removed_versions: int
    def __init__(self, removed_versions: _Optional[int] = ...) -> None: ...

class GetUsageRequest(_message.Message):
    __slots__ = ("bucket",)
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    bucket: str
    def __init__(self, bucket: _Optional[str] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("bucket", "objects", "bytes")
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bucket: str
    objects: int
    bytes: int
    def __init__(self, bucket: _Optional[str] = ..., objects: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class GetUsageResponse(_message.Message):
    __slots__ = ("usage",)
    USAGE_FIELD_NUMBER: _ClassVar[int]
    usage: _containers.RepeatedCompositeFieldContainer[Usage]
    def __init__(self, usage: _Optional[_Iterable[_Union[Usage, _Mapping]]] = ...) -> None: ...

class AccessKey(_message.Message):
    __slots__ = ("id", "user", "account", "enabled", "principal")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    user: str
    account: str
    enabled: bool
    principal: str
    def __init__(self, id: _Optional[str] = ..., user: _Optional[str] = ..., account: _Optional[str] = ..., enabled: _Optional[bool] = ..., principal: _Optional[str] = ...) -> None: ...

class ListKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[AccessKey]
    def __init__(self, keys: _Optional[_Iterable[_Union[AccessKey, _Mapping]]] = ...) -> None: ...

class CreateKeyRequest(_message.Message):
    __slots__ = ("user", "account", "policy")
    USER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    user: str
    account: str
    policy: str
    def __init__(self, user: _Optional[str] = ..., account: _Optional[str] = ..., policy: _Optional[str] = ...) -> None: ...

class CreatedKey(_message.Message):
    __slots__ = ("key", "secret")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    key: AccessKey
    secret: str
    def __init__(self, key: _Optional[_Union[AccessKey, _Mapping]] = ..., secret: _Optional[str] = ...) -> None: ...

class SetKeyEnabledRequest(_message.Message):
    __slots__ = ("id", "enabled")
    ID_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    id: str
    enabled: bool
    def __init__(self, id: _Optional[str] = ..., enabled: _Optional[bool] = ...) -> None: ...

class DeleteKeyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteKeyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("request_id", "operation", "target", "principal", "code", "message", "reasons", "time_unix_ms")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    TIME_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    operation: str
    target: str
    principal: str
    code: str
    message: str
    reasons: _containers.RepeatedScalarFieldContainer[str]
    time_unix_ms: int
    def __init__(self, request_id: _Optional[str] = ..., operation: _Optional[str] = ..., target: _Optional[str] = ..., principal: _Optional[str] = ..., code: _Optional[str] = ..., message: _Optional[str] = ..., reasons: _Optional[_Iterable[str]] = ..., time_unix_ms: _Optional[int] = ...) -> None: ...

class DryRunLifecycleRequest(_message.Message):
    __slots__ = ("bucket", "at_unix_ms")
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    AT_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    bucket: str
    at_unix_ms: int
    def __init__(self, bucket: _Optional[str] = ..., at_unix_ms: _Optional[int] = ...) -> None: ...

class LifecycleAction(_message.Message):
    __slots__ = ("action", "key", "version_id", "rule_id", "due_unix_ms")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    DUE_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    action: str
    key: str
    version_id: str
    rule_id: str
    due_unix_ms: int
    def __init__(self, action: _Optional[str] = ..., key: _Optional[str] = ..., version_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., due_unix_ms: _Optional[int] = ...) -> None: ...

class StartJobRequest(_message.Message):
    __slots__ = ("kind", "bucket", "directory")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    bucket: str
    directory: str
    def __init__(self, kind: _Optional[str] = ..., bucket: _Optional[str] = ..., directory: _Optional[str] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs",)
    JOBS_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("id", "kind", "state", "done", "total", "findings", "error", "started_unix_ms", "ended_unix_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STARTED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ENDED_UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    state: str
    done: int
    total: int
    findings: _containers.RepeatedScalarFieldContainer[str]
    error: str
    started_unix_ms: int
    ended_unix_ms: int
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., state: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ..., findings: _Optional[_Iterable[str]] = ..., error: _Optional[str] = ..., started_unix_ms: _Optional[int] = ..., ended_unix_ms: _Optional[int] = ...) -> None: ...

class ExportWebsitesRequest(_message.Message):
    __slots__ = ("format", "target")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    format: str
    target: str
    def __init__(self, format: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class ExportWebsitesResponse(_message.Message):
    __slots__ = ("text", "websites")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WEBSITES_FIELD_NUMBER: _ClassVar[int]
    text: str
    websites: int
    def __init__(self, text: _Optional[str] = ..., websites: _Optional[int] = ...) -> None: ...
