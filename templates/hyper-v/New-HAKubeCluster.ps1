# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Makes the virtual machines that cluster.psd1 describes, and touches nothing that is there already.
.DESCRIPTION
Each machine gets a disk made from the VM image, its fixed MAC addresses, static memory, the port COM1 on a pipe, and its
medium in a DVD drive after its SHA-256 was compared with manifest.json. A machine that cannot be made whole is taken away
again, the others are made all the same; the table at the end says which, and the exit code is then 1.
.PARAMETER Node
Only these nodes.
.PARAMETER Image
The VM image, in place of the one that cluster.psd1 names.
.PARAMETER SwitchName
The virtual switch of the machines, in place of the one that cluster.psd1 names.
.PARAMETER Path
The directory for the machines and their disks, in place of the one that cluster.psd1 names.
.EXAMPLE
.\New-HAKubeCluster.ps1 -WhatIf
.EXAMPLE
.\New-HAKubeCluster.ps1 -Image D:\Images\noble.vhdx -Verbose
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string[]]$Node,
    [string]$Image,
    [string]$SwitchName,
    [string]$Path
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'HAKubeMachine.ps1')
$cluster = & (Join-Path $PSScriptRoot 'Read-HAKubeCluster.ps1') -Node $Node
$vmHost = Get-VMHost
$manifestPath = Join-Path $cluster.Media 'manifest.json'
if (-not (Test-Path -LiteralPath $manifestPath)) {
    throw "There is no $manifestPath. These scripts belong in the directory hyper-v beside the media, as hakube-seed gen writes it."
}
$manifest = Get-Content -LiteralPath $manifestPath -Raw -Encoding UTF8 | ConvertFrom-Json
$takenMacs = @{}
foreach ($adapter in @(Get-VM | Get-VMNetworkAdapter)) {
    $takenMacs[$adapter.MacAddress] = $adapter.VMName
}

$ownSwitch = $cluster.Switch
if ($SwitchName) {
    $ownSwitch = $SwitchName
}

foreach ($machine in $cluster.Machines) {
    if ($Image) {
        $machine.ImagePath = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Image)
    }
    if ($Path) {
        $machine.HomePath = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    }
    if ($machine.HomePath -eq '') {
        $machine.HomePath = $vmHost.VirtualMachinePath
    }
    foreach ($card in $machine.Cards) {
        if ($card.Switch -eq $cluster.Switch) {
            $card.Switch = $ownSwitch
        }
    }
    # A differencing disk is of the format of its parent.
    $ending = '.vhdx'
    if ($machine.DiskType -eq 'differencing') {
        $ending = [System.IO.Path]::GetExtension($machine.ImagePath)
    }
    $directory = [System.IO.Path]::Combine($machine.HomePath, $machine.VM)
    $machine | Add-Member -NotePropertyName DiskPath -NotePropertyValue ([System.IO.Path]::Combine($directory, $machine.Node + $ending))
}

# Returns what is wrong with a switch, or nothing; makes it when that was asked for.
function Confirm-Switch([string]$Name) {
    $existing = @(Get-VMSwitch | Where-Object { $_.Name -eq $Name })
    if ($existing.Count -eq 1) {
        Write-Verbose "The switch '$Name' is there ($($existing[0].SwitchType))."
        return
    }
    if ($existing.Count -gt 1) {
        return "There are $($existing.Count) virtual switches named '$Name'; rename all but one."
    }
    # A card of the host is on one external switch.
    if ($cluster.SwitchType -eq '' -or ($cluster.SwitchType -eq 'external' -and $Name -ne $ownSwitch)) {
        $names = @(Get-VMSwitch | ForEach-Object { "'$($_.Name)'" }) -join ', '
        return ("There is no virtual switch '$Name'; this host has: $names. Name one with -SwitchName or hyperv.switch, or have " +
            'it made: hyperv.createSwitch.')
    }
    if (-not $PSCmdlet.ShouldProcess("virtual switch '$Name'", "make ($($cluster.SwitchType))")) {
        return
    }
    try {
        if ($cluster.SwitchType -eq 'external') {
            New-VMSwitch -Name $Name -NetAdapterName $cluster.Adapter -AllowManagementOS $true | Out-Null
        }
        else {
            New-VMSwitch -Name $Name -SwitchType $cluster.SwitchType | Out-Null
        }
    }
    catch {
        return "The virtual switch '$Name' could not be made: $($_.Exception.Message)"
    }
}

$switchProblems = @{}
foreach ($name in @($cluster.Machines | ForEach-Object { $_.Cards } | ForEach-Object { $_.Switch } | Sort-Object -Unique)) {
    $switchProblems[$name] = Confirm-Switch $name
}

# Throws when a machine cannot be made as it is described; nothing is changed by then.
function Assert-Possible($Machine) {
    foreach ($card in $Machine.Cards) {
        if ($switchProblems[$card.Switch]) {
            throw $switchProblems[$card.Switch]
        }
        Assert-Mac $card $takenMacs $vmHost
    }
    Assert-Medium $Machine $manifest
    Assert-Image $Machine
    if (Test-Path -LiteralPath $Machine.DiskPath) {
        throw "$($Machine.DiskPath) is there already, without a machine of this cluster. Move it away; a used disk is no new machine's."
    }
}

$results = foreach ($machine in $cluster.Machines) {
    $result = [pscustomobject]@{ Node = $machine.Node; VM = $machine.VM; State = 'exists'; Detail = '' }
    try {
        if ($machine.State -eq 'foreign') {
            throw ("A machine named '$($machine.VM)' is there that these scripts did not make for this node, or did not finish. " +
                'Rename or remove it, or set hyperv.prefix.')
        }
        if ($machine.State -eq 'missing') {
            Assert-Possible $machine
            $result.State = 'would be made'
            $what = '{0} CPUs, {1} MiB, disk {2} GiB ({3} of {4}), {5}' -f $machine.CPUs, $machine.MemoryMiB, $machine.DiskGiB,
                $machine.DiskType, $machine.ImagePath, (@($machine.Cards | ForEach-Object { $_.MAC }) -join ' ')
            if ($PSCmdlet.ShouldProcess("virtual machine '$($machine.VM)'", "make: $what")) {
                New-HAKubeMachine $machine $cluster.Cluster | Out-Null
                $result.State = 'made'
            }
            $result.Detail = $machine.DiskPath
        }
    }
    catch {
        $result.State = 'NOT MADE'
        $result.Detail = $_.Exception.Message
    }
    $result
}

$results | Format-Table -AutoSize -Wrap | Out-Host
if (@($results | Where-Object { $_.State -eq 'NOT MADE' }).Count -gt 0) {
    exit 1
}
Write-Host 'Next: .\Start-HAKubeCluster.ps1, then .\Watch-HAKubeCluster.ps1'
