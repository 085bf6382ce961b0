import { pino } from 'pino';
import { Registry } from 'prom-client';
import { HttpFront, type HttpFrontOptions } from '../index.ts';
import { createCertificates, type TestCertificates } from './certificates.ts';
import { FakePipeline } from './fake-pipeline.ts';

export interface TestFront {
  url: string;
  port: number;
  certificates: TestCertificates;
  pipeline: FakePipeline;
  front: HttpFront;
  stop(): Promise<void>;
}

/** A real TLS server on a free port over a pipeline in memory. */
export async function startFront(options: Partial<HttpFrontOptions> = {}): Promise<TestFront> {
  const certificates = await createCertificates();
  const pipeline = new FakePipeline();
  const front = new HttpFront({
    host: '127.0.0.1',
    port: 0,
    advertise: '127.0.0.1:6443',
    tls: { ...certificates.server, clientCa: certificates.ca },
    pipeline,
    protobuf: () => {
      throw new Error('no protobuf in this test');
    },
    connections: {
      serve: async () => {
        throw new Error('no connections in this test');
      },
    },
    checks: [],
    metrics: new Registry(),
    log: pino({ level: 'silent' }),
    ...options,
  });
  const { port } = await front.start();
  return { url: `https://127.0.0.1:${port}`, port, certificates, pipeline, front, stop: () => front.stop(100) };
}
