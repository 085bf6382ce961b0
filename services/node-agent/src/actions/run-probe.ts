import type { Probe } from '@kubus/shared/schema';
import { goDuration } from '../pod/times.ts';
import type { Runtime } from '../runtime/contract.ts';
import { failure, type Outcome, success, type Target } from './contract.ts';
import { execCommand } from './exec.ts';
import { grpcHealth } from './grpc-health.ts';
import { httpGet, httpGetOf } from './http-get.ts';
import { resolvePort } from './ports.ts';
import { dialTcp } from './tcp-socket.ts';

const probeUserAgent = 'kube-probe/1.36';

/** Carries out a probe once. Throws when it could not be carried out, which says nothing about the container. */
export async function runProbe(runtime: Pick<Runtime, 'exec'>, probe: Probe, target: Target): Promise<Outcome> {
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  const timeoutMs = timeoutSeconds * 1000;
  const { exec, httpGet: http, tcpSocket, grpc } = probe;
  if (exec !== undefined) {
    const command = exec.command ?? [];
    const { code, output } = await execCommand(runtime, target.id, command, { timeoutMs });
    if (code === 0) return success(output);
    return failure(
      code === undefined
        ? `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${goDuration(timeoutSeconds)}`
        : output,
    );
  }
  if (http !== undefined) return httpGet({ ...httpGetOf(http, target, probeUserAgent), timeoutMs });
  if (tcpSocket !== undefined) {
    const host = tcpSocket.host === undefined || tcpSocket.host === '' ? target.address : tcpSocket.host;
    return dialTcp(host, resolvePort(tcpSocket.port, target.container), timeoutMs);
  }
  if (grpc !== undefined) return grpcHealth(target.address, grpc.port, grpc.service ?? '', timeoutMs);
  throw new Error('missing probe handler');
}
