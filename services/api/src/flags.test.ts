import { parseSettings } from '@kubus/shared/settings';
import { expect, it } from 'vitest';
import { flagsOf } from './flags.ts';
import { apiSettings } from './settings.ts';

it('are the settings as the environment would have them, given or not', () => {
  const environment = {
    KUBUS_STATE_DIR: '/state',
    KUBUS_API_LISTEN: '[::1]:7443',
    KUBUS_SERVICE_CIDR: '10.0.0.0/24,fd00::/108',
    KUBUS_ENABLE_ADMISSION_PLUGINS: 'AlwaysPullImages,DenyServiceExternalIPs',
  };
  const flags = flagsOf(parseSettings(apiSettings, environment));
  expect(flags).toMatchObject({
    ...environment,
    KUBUS_SERVICE_NODE_PORT_RANGE: '30000-32767',
    KUBUS_AUDIT_STREAM: 'false',
  });
  expect(parseSettings(apiSettings, flags)).toEqual(parseSettings(apiSettings, environment));
});

it('show no password', () => {
  const settings = parseSettings(apiSettings, {
    KUBUS_STATE_DIR: '/state',
    NATS_URL: 'nats://one:4222,nats://me:hunter2@two:4222',
    REDIS_URL: 'redis://:hunter2@localhost:6379',
  });
  expect(flagsOf(settings)).toMatchObject({ NATS_URL: 'CLASSIFIED', REDIS_URL: 'CLASSIFIED' });
});

it('no admission plugin is on and off, and none is unknown', () => {
  const settings = (disabled: string, enabled = '') =>
    parseSettings(apiSettings, {
      KUBUS_STATE_DIR: '/state',
      KUBUS_DISABLE_ADMISSION_PLUGINS: disabled,
      KUBUS_ENABLE_ADMISSION_PLUGINS: enabled,
    });
  expect(settings('PodSecurity,AlwaysDeny')).toMatchObject({
    KUBUS_DISABLE_ADMISSION_PLUGINS: ['PodSecurity', 'AlwaysDeny'],
  });
  expect(() => settings('PodSecurity,Nope')).toThrow('KUBUS_DISABLE_ADMISSION_PLUGINS: expected some of');
  expect(() => settings('PodSecurity,AlwaysDeny', 'AlwaysDeny,AlwaysAdmit')).toThrow(
    'KUBUS_DISABLE_ADMISSION_PLUGINS: AlwaysDeny cannot be both on (KUBUS_ENABLE_ADMISSION_PLUGINS) and off',
  );
});
