export { Membership, type MembershipOptions } from './membership.ts';
