"""Drives the emulator with MSAL for Python.

A conversation of JSON lines over standard input and output: it reads what to do; prints the address at which a person
has to sign in and reads the parameters of the answer; prints a device code and reads a line once the person has
signed in; prints what came of it all.
"""

import json
import sys

import msal

asked = json.loads(sys.stdin.readline())
common = {
    "authority": asked["authority"],
    "validate_authority": False,
    "instance_discovery": False,
    "verify": asked["caFile"],
}


def outcome(result):
    kept = ("error", "error_codes", "suberror", "token_type", "expires_in", "id_token_claims", "access_token")
    return {name: result[name] for name in kept if name in result}


results = {}

with_secret = msal.ConfidentialClientApplication(
    asked["confidential"]["id"], client_credential=asked["confidential"]["secret"], **common
)
results["secret"] = outcome(with_secret.acquire_token_for_client([asked["scope"]]))

with_wrong_secret = msal.ConfidentialClientApplication(
    asked["confidential"]["id"], client_credential="wrong", **common
)
results["wrongSecret"] = outcome(with_wrong_secret.acquire_token_for_client([asked["scope"]]))

with_certificate = msal.ConfidentialClientApplication(
    asked["certificate"]["id"],
    client_credential={
        "private_key": asked["certificate"]["privateKey"],
        "thumbprint": asked["certificate"]["thumbprint"],
        "public_certificate": asked["certificate"]["publicCertificate"],
    },
    **common,
)
results["certificate"] = outcome(with_certificate.acquire_token_for_client([asked["scope"]]))

public = msal.PublicClientApplication(asked["public"], **common)
scopes = ["https://graph.microsoft.com/User.Read"]
code_flow = public.initiate_auth_code_flow(scopes, redirect_uri="http://localhost:8400")
print(json.dumps({"authorizeUrl": code_flow["auth_uri"]}), flush=True)
answer = json.loads(sys.stdin.readline())
results["code"] = outcome(public.acquire_token_by_auth_code_flow(code_flow, answer))

(account,) = public.get_accounts()
results["username"] = account["username"]
results["refreshed"] = outcome(public.acquire_token_silent_with_error(scopes, account, force_refresh=True))
results["otherResource"] = outcome(
    public.acquire_token_silent_with_error(["https://management.azure.com/.default"], account)
)
results["noConsent"] = outcome(
    public.acquire_token_silent_with_error(["https://graph.microsoft.com/Mail.Read"], account)
)

other = msal.PublicClientApplication(asked["public"], **common)
device_flow = other.initiate_device_flow(scopes)
results["pending"] = outcome(
    other.client.obtain_token_by_device_flow(device_flow, exit_condition=lambda flow: True)
)
print(json.dumps({"verificationUri": device_flow["verification_uri"], "userCode": device_flow["user_code"]}), flush=True)
sys.stdin.readline()
results["device"] = outcome(other.acquire_token_by_device_flow(device_flow))

print(json.dumps(results), flush=True)
