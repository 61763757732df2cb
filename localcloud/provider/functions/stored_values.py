"""Functions that read what is stored: secrets, parameters, keys and aliases."""

from collections.abc import Mapping
from typing import Any

from localcloud.provider.errors import ProviderError
from localcloud.provider.functions import Function
from localcloud.provider.mapper import camel_case
from localcloud.provider.session import Session
from localcloud.provider.wire import Properties


def _secret(session: Session, arguments: Properties) -> Properties:
    secret_id = arguments.get("arn") or arguments.get("name")
    if not secret_id:
        raise ProviderError("getSecret needs the secret's arn or name")
    region = arguments.get("region")
    request = {"SecretId": secret_id}
    answer = session.call("secretsmanager", "DescribeSecret", request, region)
    policy = session.call("secretsmanager", "GetResourcePolicy", request, region)
    return {
        "id": answer["ARN"],
        "arn": answer["ARN"],
        "name": answer["Name"],
        "description": answer.get("Description", ""),
        "kmsKeyId": answer.get("KmsKeyId", ""),
        "createdDate": _timestamp(answer, "CreatedDate"),
        "lastChangedDate": _timestamp(answer, "LastChangedDate"),
        "policy": policy.get("ResourcePolicy", ""),
        "region": region or session.region,
        "tags": {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
    }


def _secret_version(session: Session, arguments: Properties) -> Properties:
    if not arguments.get("secretId"):
        raise ProviderError("getSecretVersion needs a secretId")
    region = arguments.get("region")
    request = {"SecretId": arguments["secretId"]}
    if arguments.get("versionId"):
        request["VersionId"] = arguments["versionId"]
    else:
        request["VersionStage"] = arguments.get("versionStage", "AWSCURRENT")
    answer = session.call("secretsmanager", "GetSecretValue", request, region)
    return {
        "id": f"{arguments['secretId']}|{answer['VersionId']}",
        "arn": answer["ARN"],
        "secretId": arguments["secretId"],
        "secretString": answer.get("SecretString", ""),
        "secretBinary": _text(answer.get("SecretBinary", b"")),
        "createdDate": _timestamp(answer, "CreatedDate"),
        "versionId": answer["VersionId"],
        "versionStage": arguments.get("versionStage", "AWSCURRENT"),
        "versionStages": answer.get("VersionStages", []),
        "region": region or session.region,
    }


def _parameter(session: Session, arguments: Properties) -> Properties:
    if not arguments.get("name"):
        raise ProviderError("getParameter needs a name")
    region = arguments.get("region")
    decrypted = arguments.get("withDecryption", True)
    request = {"Name": arguments["name"], "WithDecryption": decrypted}
    parameter = session.call("ssm", "GetParameter", request, region)["Parameter"]
    plain = parameter["Type"] != "SecureString"
    return {
        "id": arguments["name"],
        "arn": parameter["ARN"],
        "name": parameter["Name"],
        "type": parameter["Type"],
        "value": parameter["Value"],
        "insecureValue": parameter["Value"] if plain else "",
        "version": parameter["Version"],
        "withDecryption": decrypted,
        "region": region or session.region,
    }


def _key(session: Session, arguments: Properties) -> Properties:
    if not arguments.get("keyId"):
        raise ProviderError("getKey needs a keyId")
    region = arguments.get("region")
    request = {"KeyId": arguments["keyId"], "GrantTokens": arguments.get("grantTokens", [])}
    answer = session.call("kms", "DescribeKey", request, region)["KeyMetadata"]
    found: dict[str, Any] = camel_case(answer)
    return {
        **found,
        "id": answer["KeyId"],
        "keyId": arguments["keyId"],
        "arn": answer["Arn"],
        "region": region or session.region,
    }


def _alias(session: Session, arguments: Properties) -> Properties:
    region, name = arguments.get("region"), arguments.get("name")
    aliases = session.pages("kms", "ListAliases", {}, region)["Aliases"]
    found = next((alias for alias in aliases if alias["AliasName"] == name), None)
    if found is None:
        raise ProviderError(f"KMS has no alias {name}")
    account = found["AliasArn"].rsplit(":", 1)[0]
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "name": name,
        "targetKeyId": found["TargetKeyId"],
        "targetKeyArn": f"{account}:key/{found['TargetKeyId']}",
        "region": region or session.region,
    }


def _timestamp(answer: Mapping[str, Any], name: str) -> str:
    moment = answer.get(name)
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: bytes) -> str:
    return value.decode("utf-8", errors="replace")


FUNCTIONS = {
    "aws:secretsmanager/getSecret:getSecret": Function(
        _secret, frozenset({"arn", "name", "region"})
    ),
    "aws:secretsmanager/getSecretVersion:getSecretVersion": Function(
        _secret_version, frozenset({"region", "secretId", "versionId", "versionStage"})
    ),
    "aws:ssm/getParameter:getParameter": Function(
        _parameter, frozenset({"name", "region", "withDecryption"})
    ),
    "aws:kms/getKey:getKey": Function(_key, frozenset({"grantTokens", "keyId", "region"})),
    "aws:kms/getAlias:getAlias": Function(_alias, frozenset({"name", "region"})),
}
