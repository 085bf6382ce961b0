/** What nodes report: the Kubernetes version whose behaviour the agent follows. */
export const kubeletVersion = 'v1.36.0+kubus.0.1.0';
