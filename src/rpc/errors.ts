import { ResponseError } from 'vscode-jsonrpc/node';
import { rpcErrorNumbers, type TokenErrorCode, type TokenErrorData } from '../protocol/errors.ts';
import { TokenError } from '../protocol/token-error.ts';

/** The codes that have a JSON-RPC number of their own; every other is a token error. */
const numbers: Partial<Record<TokenErrorCode, number>> = {
  InvalidParameter: rpcErrorNumbers.invalidParams,
  MissingParameter: rpcErrorNumbers.invalidParams,
  InvalidParameterCombination: rpcErrorNumbers.invalidParams,
  InvalidParameterSet: rpcErrorNumbers.invalidParams,
  ProtocolMismatch: rpcErrorNumbers.invalidRequest,
  NotInitialized: rpcErrorNumbers.notInitialized,
  Cancelled: rpcErrorNumbers.requestCancelled,
  EngineError: rpcErrorNumbers.internalError,
};

/** An error as it goes over the wire: its code and data survive, its stack stays here. */
export function responseErrorOf(error: unknown): ResponseError<TokenErrorData> {
  const known =
    error instanceof TokenError
      ? error
      : new TokenError('EngineError', `The engine failed: ${error instanceof Error ? error.message : String(error)}`);
  return new ResponseError(numbers[known.code] ?? rpcErrorNumbers.tokenError, known.message, known.data);
}
