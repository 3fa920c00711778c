/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WEIR_CMD_DOCTOR_H
#define WEIR_CMD_DOCTOR_H

int cmd_doctor(int argc, char **argv);

#endif /* WEIR_CMD_DOCTOR_H */
