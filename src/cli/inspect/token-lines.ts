import { printable } from '../printable.ts';
import { duration, fromNow } from './times.ts';
import type { TokenFacts } from './token-facts.ts';

/** What a person wants to know of a token, most urgent first. */
export function linesOf(facts: TokenFacts): readonly (readonly [label: string, value: string])[] {
  const { scopes, roles, authentication_methods: methods } = facts;
  const lines: [string, string | undefined][] = [
    ['Valid', validity(facts)],
    ['Token', kind(facts)],
    ['Tenant', facts.tenant_id],
    ['Audience', named(facts.audience_name, facts.audience)],
    ['Application', application(facts)],
    ['User', user(facts)],
    ['Object id', facts.object_id],
    ['Scopes', scopes?.join(' ')],
    ['Roles', roles?.join(' ')],
    ['Signed in by', methods?.join(', ')],
    ['Managed identity', facts.managed_identity && managedIdentity(facts.managed_identity)],
    ['Agent identity', facts.agent_identity && agentIdentity(facts.agent_identity)],
    ['Issued', facts.issued_at],
    ['Not before', facts.not_before === facts.issued_at ? undefined : facts.not_before],
    ['Expires', expiry(facts)],
    ['Cloud', named(facts.cloud ?? "none of Microsoft's that is known", facts.issuer)],
  ];
  return lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, printable(value)]]));
}

function validity({ status, expires_in: left = 0, not_before: start }: TokenFacts): string {
  switch (status) {
    case 'valid':
      return `yes, for ${duration(left)} more`;
    case 'expired':
      return `no: it expired ${fromNow(Math.min(left, -1))}`;
    case 'not_yet_valid':
      return `no: it is not valid before ${start} (is the clock of this machine right?)`;
    case 'without_expiry':
      return 'no: it says nothing of when it expires, so nobody should take it';
  }
}

const kinds: Readonly<Record<TokenFacts['kind'], string>> = {
  access_token: 'access token',
  id_token: 'id token: it tells the application who signed in, and is no key to a service',
  client_assertion: 'client assertion: an application proves with it who it is',
  unknown: 'of no kind that Entra issues',
};

function kind({ kind: name, subject_type: subject, version }: TokenFacts): string {
  const whose = subject && { application: ' of an application', user: ' of a user', device: ' of a device' }[subject];
  const format = version === undefined ? '' : `, format v${version}`;
  return name === 'access_token' ? `${kinds[name]}${whose ?? ''}${format}` : kinds[name];
}

function named(name: string | undefined, value: string | undefined): string | undefined {
  return name !== undefined && value !== undefined ? `${name} (${value})` : value;
}

const credentials = { none: 'public client', secret: 'with a secret', certificate: 'with a certificate or assertion' };

function application(facts: TokenFacts): string | undefined {
  const { application_id: id, application_name: name, application_credential: credential } = facts;
  const text = named(name, id);
  return text !== undefined && credential !== undefined ? `${text}, ${credentials[credential]}` : text;
}

function user({ user: account, user_name: name }: TokenFacts): string | undefined {
  return account === undefined ? name : (named(account, name) ?? account);
}

function managedIdentity({ kind: assigned, resource_id: id }: NonNullable<TokenFacts['managed_identity']>): string {
  return `${assigned}: ${id}`;
}

function agentIdentity({ blueprint_id: id, agent_user: isUser }: NonNullable<TokenFacts['agent_identity']>): string {
  const what = isUser ? "an agent's user account" : 'an agent';
  return id === undefined ? what : `${what}, blueprint ${id}`;
}

function expiry({ expires_at: time, expires_in: left }: TokenFacts): string | undefined {
  return time === undefined || left === undefined ? time : `${time} (${fromNow(left)})`;
}
