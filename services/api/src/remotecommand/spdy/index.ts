export { SpdyConnection, type SpdyStream } from './connection.ts';
