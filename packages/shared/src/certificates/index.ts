export { type CertificateRequest, parseRequest } from './request.ts';
export { certificateEnd, type SigningAuthority, signRequest } from './sign.ts';
